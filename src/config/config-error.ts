/** An error in the configuration or on the command line. The message is one line that can be printed unchanged. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}
