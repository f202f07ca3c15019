/** Where the product says what it did. Commands and output never go here; ids, hosts and outcomes do. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}
