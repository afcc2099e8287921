import type { AcceptedReport, StreamLine } from '@baton/api';
import type { Output } from '../context.ts';
import type { Failure } from './failure.ts';
import { failureText } from './failure-text.ts';
import { duration } from './figures.ts';
import { lineText } from './line-text.ts';
import { questionLines } from './question-lines.ts';
import type { Reporter } from './reporter.ts';
import { Story } from './story.ts';
import { type StoryLine, say } from './story-line.ts';
import type { Style } from './style.ts';
import { cut } from './width.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;
const BAR_COLUMNS = 20;
const CLEAR_LINE = '\r\u001b[2K';
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';

export interface TerminalOptions {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly style: Style;
  readonly now: () => number;
  readonly environment: string;
  readonly debug: boolean;
}

/** Sentences that stay, and under them one line that says what is being done now. */
export class TerminalReporter implements Reporter {
  readonly #options: TerminalOptions;
  readonly #story = new Story();
  readonly #beganAt: number;
  #timer: NodeJS.Timeout | undefined;
  #frame = 0;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#beganAt = options.now();
  }

  accepted(accepted: AcceptedReport): void {
    if (accepted.unchanged) {
      this.#print([say('good', `nothing differs from release ${accepted.release}, which is live; nothing was done`)]);
      return;
    }
    this.#options.stdout.write(HIDE_CURSOR);
    this.#timer = setInterval(() => this.#draw(), FRAME_MS);
    this.#timer.unref();
  }

  line(line: StreamLine): void {
    this.#print(this.#story.tell(line));
    if (line.kind === 'asked') this.#print(questionLines(line.question, this.#options.environment));
    this.#draw();
  }

  note(text: string): void {
    this.#print([say('warn', text)]);
    this.#draw();
  }

  failed(failure: Failure): void {
    this.close();
    this.#options.stderr.write(failureText(failure, this.#options.style, this.#options.debug));
  }

  close(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#options.stdout.write(`${CLEAR_LINE}${SHOW_CURSOR}`);
  }

  #print(lines: readonly StoryLine[]): void {
    const { stdout, style } = this.#options;
    if (lines.length === 0) return;
    const text = lines.flatMap((line) => lineText(line, style, stdout.columns())).join('\n');
    stdout.write(`${this.#timer === undefined ? '' : CLEAR_LINE}${text}\n`);
  }

  #draw(): void {
    const { doing } = this.#story;
    const { stdout, style, now } = this.#options;
    if (this.#timer === undefined) return;
    if (doing === undefined) {
      stdout.write(CLEAR_LINE);
      return;
    }
    this.#frame = (this.#frame + 1) % FRAMES.length;
    const room = stdout.columns() - 1;
    const barred = doing.share !== undefined && room > BAR_COLUMNS * 2;
    const filled = Math.round((doing.share ?? 0) * BAR_COLUMNS);
    const bar = barred ? ` ${'━'.repeat(filled)}${'╌'.repeat(BAR_COLUMNS - filled)}` : '';
    const text = `${FRAMES[this.#frame]} ${duration(now() - this.#beganAt)}${bar} ${doing.text}`;
    stdout.write(`${CLEAR_LINE}${style.quiet(cut(text, room))}`);
  }
}
