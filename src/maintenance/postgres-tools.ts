import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { StorageError } from '../storage/database.ts'

/**
 * Runs `pg_dump` or `pg_restore` on a database. The password goes through the environment, because other
 * users of the machine can read the arguments of a process.
 * @throws StorageError with the first line of its errors
 */
export async function runPostgresTool(
  tool: 'pg_dump' | 'pg_restore',
  url: string,
  args: readonly string[],
): Promise<void> {
  const { location, password } = withoutPassword(url)
  const child = spawn(tool, [...args, `--dbname=${location}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...(password === undefined ? {} : { PGPASSWORD: password }) },
  })
  const errors = text(child.stderr)
  errors.catch(() => undefined)
  try {
    const [code] = (await once(child, 'exit')) as [number | null]
    if (code === 0) return
  } catch (cause) {
    throw new StorageError(
      `${tool} cannot be run. Install the client programs of PostgreSQL (Debian: postgresql-client), in the version of the server or a later one`,
      { cause },
    )
  }
  const [line = ''] = (await errors).split('\n', 1)
  throw new StorageError(`${tool} failed: ${line.replace(/^pg_\w+: (error: )?/, '')}`)
}

function withoutPassword(url: string): { location: string; password: string | undefined } {
  const location = new URL(url)
  const given = location.password
  location.password = ''
  return { location: location.href, password: given === '' ? undefined : decodeURIComponent(given) }
}
