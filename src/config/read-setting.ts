import { readFileSync } from 'node:fs'
import { ConfigError } from './config-error.ts'

/**
 * The text of a file that a setting names.
 * @throws ConfigError when the file cannot be read
 */
export function readSetting(key: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError(`bad value for "${key}": ${file} cannot be read`, { cause: error })
  }
}
