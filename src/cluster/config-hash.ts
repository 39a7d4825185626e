import { createHash } from 'node:crypto'
import type { Config } from '../config/schema.ts'

/** Settings in which processes of one server may differ. */
const OF_ONE_PROCESS = new Set(['listen', 'roles', 'data', 'database', 'log_level', 'metrics', 'drain_ms'])

/** Equal for processes that have the same settings. Passwords are not part of it. */
export function configHash(config: Config): string {
  const text = JSON.stringify(config, (key, value: unknown) =>
    OF_ONE_PROCESS.has(key) || key === 'password' || key === 'proxy' || key === 'folder' ? undefined : value,
  )
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
