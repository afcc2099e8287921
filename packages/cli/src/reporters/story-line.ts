/** How a line is meant; a reporter chooses mark and colour. */
export type Tone = 'title' | 'step' | 'good' | 'bad' | 'warn' | 'detail' | 'plain';

/** One sentence of a deployment. */
export interface StoryLine {
  readonly tone: Tone;
  readonly text: string;
}

/** What is being done or waited for now; replaced by the next, never kept. */
export interface Doing {
  readonly text: string;
  /** Share done, 0..1, where it is known. */
  readonly share: number | undefined;
}

export const say = (tone: Tone, text: string): StoryLine => ({ tone, text });
