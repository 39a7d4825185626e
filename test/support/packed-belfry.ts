import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Builds the npm package from a copy of the checkout, in `folder`. Returns the path of the tarball. */
export function packBelfry(folder: string): string {
  const source = join(folder, 'source')
  mkdirSync(source)
  for (const name of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'bin'])
    cpSync(join(root, name), join(source, name), { recursive: true })
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs'), '--unchecked', join(source, 'dist')])
  const npm = ['pack', '--offline', '--ignore-scripts', '--pack-destination', folder]
  execFileSync('npm', npm, { cwd: source, stdio: 'ignore' })
  const name = readdirSync(folder).find((one) => one.endsWith('.tgz')) ?? assert.fail('no tarball')
  return join(folder, name)
}
