/** Something in the configuration or on the command line is wrong. The message is one line, fit to be printed as it is. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}
