/** A value that an option cannot take. Commander knows such an error by its code, and adds which option it was. */
export class InvalidValue extends Error {
  readonly code = 'commander.invalidArgument';
}
