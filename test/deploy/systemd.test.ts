import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { commandIn, COMMANDS } from '../../src/cli/commands.ts'
import { loadGatewayConfig } from '../../src/config/gateway-file.ts'
import { loadConfig } from '../../src/config/load.ts'
import { temporaryFolder } from '../support/databases.ts'

// The units of deploy/systemd/: their commands, and what systemd says about them.

const FOLDER = new URL('../../deploy/systemd/', import.meta.url)
const PROGRAM = '/opt/belfry/bin/belfry'
/** Keys that may differ between the units. */
const OWN_KEYS = [
  'Description',
  'Documentation',
  'ExecStart',
  'Environment',
  'StateDirectory',
  'CacheDirectory',
]
/** The unit is secure enough below this exposure, of 0 (secure) to 10. */
const MAX_EXPOSURE = 2

const names = readdirSync(FOLDER)
const read = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8')
const linesOf = (unit: string) => unit.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
const isOwn = (line: string) => OWN_KEYS.some((key) => line.startsWith(`${key}=`))
const skip = spawnSync('systemd-analyze', ['--version']).status !== 0 && 'systemd is not installed'

/** A configuration for the unit. */
function fileFor(name: string): string {
  if (name === 'belfry-gateway.service') return 'apps: {up: {type: unifiedpush}}'
  return name.includes('@') ? 'database: postgres://belfry@localhost/belfry' : 'trust_proxy: true'
}

/** Template units need an instance. */
const instanceOf = (name: string) => name.replace('@.', '@8021.')

for (const name of names)
  describe(`deploy/systemd/${name}`, () => {
    const unit = read(name)

    test('starts a command of Belfry with settings that Belfry accepts', () => {
      const [, line = ''] = /^ExecStart=(.*)$/m.exec(unit) ?? []
      const [program, ...argv] = line.replaceAll('%i', '8021').split(' ')
      assert.equal(program, PROGRAM)
      const words = commandIn(argv) ?? ''
      assert.ok(words in COMMANDS, line)
      const isPart = name.includes('@')
      const sources = { argv: argv.slice(1), env: {}, readFile: () => fileFor(name) }
      const config = words === 'gateway' ? loadGatewayConfig(sources).config : loadConfig(sources)
      if (isPart) assert.equal(config.listen.port, 8021)
    })

    test('has the sandbox of belfry.service', () => {
      const shared = (text: string) => linesOf(text).filter((line) => !isOwn(line))
      assert.deepEqual(shared(unit), shared(read('belfry.service')))
    })

    test('can be verified by systemd without a warning', { skip }, (t) => {
      const folder = temporaryFolder(t)
      // Only the program of the unit must exist on this machine.
      writeFileSync(join(folder, name), unit.replace(PROGRAM, '/bin/true'))
      const args = ['verify', '--man=no', join(folder, instanceOf(name))]
      const { stderr, status } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
      const own = stderr.split('\n').filter((line) => line.includes('belfry'))
      assert.deepEqual([status, own], [0, []], stderr)
    })

    test(`has an exposure below ${MAX_EXPOSURE}`, { skip }, (t) => {
      const root = temporaryFolder(t)
      const units = join(root, 'etc/systemd/system')
      mkdirSync(units, { recursive: true })
      writeFileSync(join(units, name), unit)
      const args = ['security', '--offline=true', `--root=${root}`, '--no-pager', instanceOf(name)]
      const { stdout, stderr, status } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
      const [, exposure] = /Overall exposure level for .*: ([\d.]+) /.exec(stdout) ?? []
      assert.equal(status, 0, stderr)
      assert.ok(Number(exposure) < MAX_EXPOSURE, stdout)
    })
  })
