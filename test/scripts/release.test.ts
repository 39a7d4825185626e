import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compareVersions, releaseFaults, writeVersion } from '../../scripts/release/next-release.ts'
import type { TestEnd } from '../support/after-test.ts'
import { temporaryFolder } from '../support/databases.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const git = (cwd: string, ...args: string[]) => execFileSync('git', args, { cwd, encoding: 'utf8' })

/** The files that a release changes. */
function versionedFiles(t: TestEnd, changelog: string): string {
  const folder = temporaryFolder(t)
  for (const name of ['package.json', 'package-lock.json', 'packages/push-rules/package.json']) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    const text = readFileSync(join(root, name), 'utf8')
    writeFileSync(
      join(folder, name),
      text.replaceAll(/^( {2}| {6})"version": "[^"]*"/gm, '$1"version": "1.2.3"'),
    )
  }
  writeFileSync(join(folder, 'CHANGELOG.md'), changelog)
  return folder
}

test('a release with a wrong version, or with nothing in the changelog, is refused with what to change', (t) => {
  const released = '# Changelog\n\n## Unreleased\n\n## 1.2.3 (2026-01-01)\n\n- One.\n'
  const folder = versionedFiles(t, released)
  assert.deepEqual(releaseFaults(folder, '1.3'), [
    '"1.3" is no version: write 1.2.3, or 1.2.3-rc.1 before a release',
  ])
  assert.deepEqual(releaseFaults(folder, '1.2.3'), [
    'CHANGELOG.md has a section of 1.2.3: it is released',
    'CHANGELOG.md says nothing below "## Unreleased": list what has changed',
  ])
  writeFileSync(join(folder, 'CHANGELOG.md'), released.replace('Unreleased\n', 'Unreleased\n\n- Two.\n'))
  assert.deepEqual(releaseFaults(folder, '1.2.2'), ['1.2.2 is before the version 1.2.3 of package.json'])
  assert.deepEqual(releaseFaults(folder, '1.3.0'), [])
})

test('versions are compared by their numbers, and one with a label is before the release', () => {
  const inOrder = ['0.9.10', '0.10.0', '1.0.0-beta.1', '1.0.0-rc.2', '1.0.0-rc.10', '1.0.0', '1.0.1']
  const mixed = ['1.0.0', '1.0.0-rc.10', '0.10.0', '1.0.1', '0.9.10', '1.0.0-beta.1', '1.0.0-rc.2']
  assert.deepEqual(mixed.toSorted(compareVersions), inOrder)
})

test('the version is written into all files that have it, and into the changelog with its date', (t) => {
  const folder = versionedFiles(t, '# Changelog\n\n## Unreleased\n\n- Two.\n\n## 1.2.3 (2026-01-01)\n')
  writeVersion(folder, { version: '1.3.0', date: '2026-02-03' })
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  assert.equal(
    read('CHANGELOG.md'),
    '# Changelog\n\n## Unreleased\n\n## 1.3.0 (2026-02-03)\n\n- Two.\n\n## 1.2.3 (2026-01-01)\n',
  )
  for (const name of ['package.json', 'packages/push-rules/package.json'])
    assert.equal((JSON.parse(read(name)) as { version: string }).version, '1.3.0', name)
  const lock = JSON.parse(read('package-lock.json')) as {
    version: string
    packages: Record<string, { version: string }>
  }
  assert.deepEqual([lock.version, lock.packages['']?.version], ['1.3.0', '1.3.0'])
  assert.notEqual(lock.packages['node_modules/zod']?.version, '1.3.0')
})

/** Stands in for the test that writes the databases, which takes a minute: it writes the same files. */
const WRITES_DATABASES = `import { mkdirSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { VERSION } from '../../src/lib/version.ts'
test('writes the databases', { skip: process.env['WRITE_RELEASE'] !== '1' }, () => {
  const folder = new URL('../vectors/releases/' + VERSION + '/', import.meta.url)
  mkdirSync(folder)
  for (const name of ['sqlite', 'sqlite.json', 'postgres', 'postgres.json']) writeFileSync(new URL(name + '.gz', folder), name)
})
`

/** A committed copy of the files that git knows here, with the packages of this checkout. */
function checkout(t: TestEnd): string {
  const folder = join(temporaryFolder(t), 'checkout')
  for (const name of git(root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0'))
    if (name !== '') cpSync(join(root, name), join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'test/journeys/upgrade-releases.test.ts'), WRITES_DATABASES)
  writeFileSync(join(folder, 'test/support/global-setup.ts'), '')
  // The lint of the checkout checks the types.
  const options = readFileSync(join(folder, 'tsconfig.json'), 'utf8')
  writeFileSync(
    join(folder, 'tsconfig.json'),
    options.replace('"strict": true', '"noCheck": true, "strict": true'),
  )
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  git(folder, 'init', '--quiet')
  // A link is no folder, and .gitignore names the folder.
  writeFileSync(join(folder, '.git/info/exclude'), 'node_modules\n')
  git(folder, 'add', '--all')
  git(folder, '-c', 'user.name=a', '-c', 'user.email=a@example.org', 'commit', '--quiet', '--message', 'All')
  return folder
}

test('a dry run makes both packages, their checksums and a bill of materials, and changes nothing in the checkout', (t) => {
  const folder = checkout(t)
  const out = join(temporaryFolder(t), 'out')
  const release = () =>
    spawnSync(process.execPath, [join(folder, 'scripts/release.ts'), '9.9.9', '--dry-run', '--out', out], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, npm_config_cache: join(folder, '../npm-cache') },
    })
  const { status, stdout, stderr } = release()
  assert.equal(status, 0, stdout + stderr)
  assert.match(stdout, /This was a dry run: the checkout is as before\./)
  assert.equal(git(folder, 'status', '--porcelain', '--ignored'), '!! node_modules\n')

  const names = ['belfry-9.9.9.cdx.json', 'belfry-9.9.9.tgz', 'belfry-push-rules-9.9.9.tgz']
  const sums = execFileSync('sha256sum', ['--check', 'SHA256SUMS'], { cwd: out, encoding: 'utf8' })
  assert.equal(sums, names.map((name) => `${name}: OK\n`).join(''))
  for (const name of [...names, 'SHA256SUMS']) assert.match(stdout, new RegExp(`^ +\\d+  ${name}$`, 'm'))

  const inside = (tarball: string, file: string) =>
    execFileSync('tar', ['xzfO', join(out, tarball), `package/${file}`], { encoding: 'utf8' })
  for (const [tarball, name] of [
    ['belfry-9.9.9.tgz', 'belfry'],
    ['belfry-push-rules-9.9.9.tgz', 'belfry-push-rules'],
  ] as const) {
    const manifest = JSON.parse(inside(tarball, 'package.json')) as { name: string; version: string }
    assert.deepEqual([manifest.name, manifest.version], [name, '9.9.9'])
  }
  assert.match(inside('belfry-9.9.9.tgz', 'CHANGELOG.md'), /^## 9\.9\.9 \(\d{4}-\d\d-\d\d\)$/m)
  assert.match(inside('belfry-9.9.9.tgz', 'dist/cli/main.js'), /export async function main/)

  const bill = JSON.parse(readFileSync(join(out, 'belfry-9.9.9.cdx.json'), 'utf8')) as {
    bomFormat: string
    metadata: { component: { name: string; version: string } }
    components: { name: string; version: string }[]
  }
  const { component } = bill.metadata
  assert.deepEqual([bill.bomFormat, component.name, component.version], ['CycloneDX', 'belfry', '9.9.9'])
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; dev?: boolean }>
  }
  const installed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true)
  assert.deepEqual(
    bill.components.map((one) => `${one.name} ${one.version}`).toSorted(),
    installed.map(([path, one]) => `${path.split('node_modules/').at(-1)} ${one.version}`).toSorted(),
    'the packages that are not for the development',
  )

  writeFileSync(join(folder, 'README.md'), 'changed')
  const refused = release()
  assert.equal(refused.status, 1)
  assert.equal(
    refused.stderr,
    'release: the checkout has changes that are not committed: git status shows them\n',
  )
})
