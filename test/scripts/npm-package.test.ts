import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { afterTest } from '../support/after-test.ts'
import { temporaryFolder } from '../support/databases.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const RUNS =
  /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|bin\/belfry|dist\/.+\.(?:js|ftl|css|svg)|dist\/push-rules\/.+\.d\.ts)$/

test('the tarball holds only what runs; installed in an empty folder, its command starts a server that sends a push', async (t) => {
  const folder = temporaryFolder(t)
  const source = join(folder, 'source')
  mkdirSync(source)
  for (const name of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'bin', 'src'])
    cpSync(join(root, name), join(source, name), { recursive: true })
  execFileSync(process.execPath, [join(root, 'scripts/build.mjs'), '--unchecked', join(source, 'dist')])
  const npm = ['pack', '--offline', '--ignore-scripts', '--json', '--pack-destination', folder]
  execFileSync('npm', npm, { cwd: source, stdio: ['ignore', 'pipe', 'ignore'] })
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? assert.fail('no tarball')
  const files = execFileSync('tar', ['tzf', join(folder, tarball)], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((name) => name.replace('package/', ''))
  assert.deepEqual(
    files.filter((name) => !RUNS.test(name)),
    [],
  )

  // As npm installs it, without the network: the dependencies are those of the checkout.
  const modules = join(folder, 'user/node_modules')
  mkdirSync(join(modules, 'belfry'), { recursive: true })
  for (const name of readdirSync(join(root, 'node_modules')))
    if (!name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(modules, name))
  const extract = ['xzf', join(folder, tarball), '--strip-components=1', '-C', join(modules, 'belfry')]
  execFileSync('tar', extract)

  const child = spawn(
    process.execPath,
    [join(modules, 'belfry/bin/belfry'), 'start', '--listen', '127.0.0.1:0'],
    { cwd: join(folder, 'user'), stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const ended = once(child, 'exit')
  afterTest(t, async () => {
    child.kill('SIGKILL')
    await ended
  })
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    if (line.includes('Push works')) break
  }
  assert.ok(lines.join('\n').includes('Push works: a message became a poke'), lines.join('\n'))
  child.kill('SIGTERM')
  assert.deepEqual(await ended, [0, null])
})
