import { execFileSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'

/** The path without the folders of packages, in which `npm test` puts the Node of this checkout. */
export function pathWithoutPackages(): string {
  const folders = (process.env['PATH'] ?? '').split(':')
  return folders.filter((folder) => !folder.endsWith('node_modules/.bin')).join(':')
}

/** The Node of the system by its version, if it is another one than that of the tests. */
export function systemNode(): Record<string, string> {
  const found = pathWithoutPackages()
    .split(':')
    .map((folder) => join(folder, 'node'))
    .find((file) => existsSync(file))
  if (found === undefined || realpathSync(found) === realpathSync(process.execPath)) return {}
  return { [`Node ${execFileSync(found, ['--version'], { encoding: 'utf8' }).trim()}`]: found }
}
