/** Who answered, as far as the answer says. */
export interface Answerer {
  readonly release?: string | undefined;
  readonly slot?: string | undefined;
  readonly instance?: string | undefined;
  readonly service?: string | undefined;
}

/** One announcement; a new one is another object even where it says the same. */
export interface Expected {
  readonly release: string | undefined;
}

const MAX_INSTANCES = 10_000;

/**
 * What must hold between answers: one instance is of one release and slot for life, and from the moment a caller
 * announces it, only the expected release answers new requests.
 */
export class Expectations {
  readonly #service: string | undefined;
  readonly #byInstance = new Map<string, { release: string | undefined; slot: string | undefined }>();
  #expected: Expected = { release: undefined };

  constructor(service: string | undefined) {
    this.#service = service;
  }

  /** What holds now; a request keeps it from its sending to its answer. */
  get expected(): Expected {
    return this.#expected;
  }

  /** From now on this release alone may answer; undefined where any may, which a caller says before a switch begins. */
  expectRelease(release: string | undefined): void {
    this.#expected = { release };
  }

  /**
   * What is wrong about this answerer, or undefined.
   * @param whenSent what {@link expected} was when the request was sent; nothing is held against an answer to a
   * request during whose flight it changed, since that may have waited for the switch
   */
  contradiction(answerer: Answerer, whenSent: Expected): string | undefined {
    const { release, slot, instance, service } = answerer;
    if (this.#service !== undefined && service !== undefined && service !== this.#service) {
      return `answered by service ${service}, not ${this.#service}`;
    }
    if (whenSent === this.#expected && whenSent.release !== undefined && release !== undefined) {
      if (release !== whenSent.release) return `answered by release ${release} when only ${whenSent.release} was live`;
    }
    if (instance === undefined) return undefined;
    const seen = this.#byInstance.get(instance);
    if (seen === undefined) {
      if (this.#byInstance.size < MAX_INSTANCES) this.#byInstance.set(instance, { release, slot });
      return undefined;
    }
    if (seen.release !== release || seen.slot !== slot) {
      return `instance ${instance} was release ${seen.release} in ${seen.slot} and now says ${release} in ${slot}`;
    }
    return undefined;
  }
}

/** Reads who answered from an answer's JSON. */
export const answererOf = (value: unknown): Answerer => {
  if (typeof value !== 'object' || value === null) return {};
  const fields = value as Readonly<Record<string, unknown>>;
  return {
    release: word(fields.release),
    slot: word(fields.slot),
    instance: word(fields.instance),
    service: word(fields.service),
  };
};

const word = (value: unknown): string | undefined => {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
};
