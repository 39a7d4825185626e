import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { VERSION } from '../../src/lib/version.ts'
import { temporaryFolder } from '../support/databases.ts'
import { findFirefox } from '../support/firefox.ts'
import { npmOfUser } from '../support/package-registry.ts'
import { packBelfry } from '../support/packed-belfry.ts'
import { faultsOfTypes } from '../support/published-types.ts'
import { skipSlow } from '../support/slow-tests.ts'
import { startCommand } from '../support/started-command.ts'
import { firefox, follow, inbox, wayOf } from '../support/tutorial.ts'

const RUNS =
  /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|bin\/belfry|dist\/.+\.(?:js|ftl|css|svg)|dist\/push-rules\/(?:README\.md|cjs\/package\.json|(?:cjs\/)?[\w-]+\.d\.ts))$/

/** The test has a time limit, because the browser can hang. */
const options = { timeout: 290_000 }

test(
  'the tarball holds only what runs; npx and a global installation start a server that sends a push',
  options,
  async (t) => {
    const folder = temporaryFolder(t)
    const tarball = packBelfry(folder)
    const files = execFileSync('tar', ['tzf', tarball], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((name) => name.replace('package/', ''))
    assert.deepEqual(
      files.filter((name) => !RUNS.test(name)),
      [],
    )
    assert.deepEqual(await faultsOfTypes(tarball), { entryPoints: ['./push-rules'], faults: [] })
    const manual = execFileSync('tar', ['xzfO', tarball, 'package/dist/push-rules/README.md'], {
      encoding: 'utf8',
    })
    assert.match(manual, /^# belfry\/push-rules\n[^]*\nnpm install belfry\n[^]* from 'belfry\/push-rules'\n/)
    assert.ok(!manual.includes('belfry-push-rules'))

    const env = await npmOfUser(t, { tarball, folder })
    const browser = findFirefox()
    const cwd = temporaryFolder(t)
    copyFileSync(tarball, join(cwd, basename(tarball)))
    await t.test(
      `the tutorial with the file of a release rings ${'path' in browser ? 'Firefox' : 'an inbox'}`,
      { skip: skipSlow },
      async (one) => {
        if ('missing' in browser) one.diagnostic(browser.missing)
        const device = 'path' in browser ? await firefox(one, browser.path) : inbox()
        const { printed } = await follow(one, { ...wayOf('the file of a release'), cwd, env }, device)
        for (const shown of ['"event_id"', 'rowser', 'Lunch'])
          assert.ok(printed.includes(shown), `${shown} in ${printed}`)
      },
    )
    await t.test('npx belfry runs the command', async (one) => {
      const npx = { cwd: temporaryFolder(one), env }
      assert.match(wayOf('the npm package').command, /^npx belfry /)
      const { stdout } = await promisify(execFile)('npx', ['belfry', '--version'], npx)
      assert.ok(stdout.includes(VERSION), stdout)
    })
    await t.test('npm install --global belfry, then belfry start; SIGTERM stops it', async (one) => {
      const prefix = join(folder, 'global')
      await promisify(execFile)('npm', ['install', '--global', '--prefix', prefix, 'belfry'], { env })
      const PATH = `${join(prefix, 'bin')}:${env['PATH']}`
      const { proof, stop } = await startCommand(one, {
        command: 'belfry start',
        cwd: temporaryFolder(one),
        env: { ...env, PATH },
      })
      assert.match(proof, /^Push works: a message became a poke/)
      assert.equal(await stop(), 0)
    })
  },
)
