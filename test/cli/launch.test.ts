import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { consoleLink } from '../../src/cli/start.ts'
import { afterTest } from '../support/after-test.ts'
import { registerUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { startTestServer } from '../support/server.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

function scratch(t: { after(fn: () => void): void }): string {
  const dir = mkdtempSync(join(tmpdir(), 'belfry-launch-'))
  afterTest(t, () => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** A Node on the path that is too old to run Belfry. */
function olderNode(): string | undefined {
  const candidates = (process.env['PATH'] ?? '').split(delimiter).map((dir) => join(dir, 'node'))
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return Number(/^v(\d+)/.exec(execFileSync(file, ['-v'], { encoding: 'utf8' }))?.[1]) < 24
    } catch {
      return false
    }
  })
}

const old = olderNode()
const skip = old === undefined ? 'no Node older than 24 on the path' : false

test('bin/belfry runs and returns the exit code of the command', () => {
  const help = spawnSync(process.execPath, [join(root, 'bin/belfry'), '--help'], { encoding: 'utf8' })
  assert.deepEqual([help.status, help.stderr], [0, ''])
  assert.match(help.stdout, /belfry serve/)
  assert.equal(spawnSync(process.execPath, [join(root, 'bin/belfry'), 'nope']).status, 2)
})

test('an older Node starts the installed one', { skip }, () => {
  const result = spawnSync(old ?? '', [join(root, 'bin/belfry'), 'nope'], { encoding: 'utf8' })
  assert.deepEqual([result.status, result.stderr], [2, 'belfry: unknown command "nope"; see belfry --help\n'])
})

test('an older Node without an installed one prints the required version', { skip }, (t) => {
  const dir = scratch(t)
  mkdirSync(join(dir, 'bin'))
  cpSync(join(root, 'bin/belfry'), join(dir, 'bin/belfry'))
  const result = spawnSync(old ?? '', [join(dir, 'bin/belfry')], { encoding: 'utf8' })
  assert.equal(result.status, 1)
  assert.match(result.stderr, /^belfry: Node 24\.7 or later is needed, this is \d+\.\d+/)
})

/** A project for the bootstrap, with an npm that only records its calls. */
function project(t: { after(fn: () => void): void }) {
  const dir = scratch(t)
  mkdirSync(join(dir, 'scripts'))
  mkdirSync(join(dir, 'bench'))
  mkdirSync(join(dir, 'test/support'), { recursive: true })
  for (const name of ['global-setup.ts', 'preload.ts'])
    writeFileSync(join(dir, 'test/support', name), 'export {}')
  for (const name of ['bootstrap.mjs', 'test-batches.mjs'])
    cpSync(join(root, 'scripts', name), join(dir, 'scripts', name))
  writeFileSync(join(dir, 'package-lock.json'), '{}')
  writeFileSync(join(dir, 'bench/main.ts'), 'console.log(JSON.stringify(process.argv.slice(2)))')
  writeFileSync(join(dir, 'test/a.test.ts'), "import { test } from 'node:test'\ntest('a', () => {})")
  writeFileSync(
    join(dir, 'test/b.test.ts'),
    "import { test } from 'node:test'\ntest('b', () => { throw new Error('no') })",
  )
  const calls = join(dir, 'calls')
  const npm = `import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
appendFileSync(${JSON.stringify(calls)}, process.argv.slice(2).join(' ') + '\\n')
mkdirSync('node_modules', { recursive: true })
writeFileSync('node_modules/.package-lock.json', '{}')`
  writeFileSync(join(dir, 'npm.mjs'), npm)
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  return {
    dir,
    installs: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []),
    run: (...args: string[]) =>
      spawnSync(process.execPath, [join(dir, 'scripts/bootstrap.mjs'), ...args], {
        encoding: 'utf8',
        env: { ...env, npm_execpath: join(dir, 'npm.mjs') },
      }),
  }
}

test('the bootstrap installs missing packages once, and again when the lock file changes', (t) => {
  const { dir, run, installs } = project(t)
  const first = run('bench', 'delivery', '--quick')
  assert.deepEqual([first.status, first.stdout], [0, '["delivery","--quick"]\n'])
  assert.deepEqual(installs(), ['ci --ignore-scripts --no-audit --no-fund --loglevel=error'])
  run('bench')
  assert.equal(installs().length, 1)
  writeFileSync(join(dir, 'package-lock.json'), '{"changed":true}')
  run('bench')
  assert.equal(installs().length, 2)
})

test('the bootstrap runs all tests or the named ones, and returns the exit code', (t) => {
  const { run } = project(t)
  const all = run('test')
  assert.equal(all.status, 1)
  assert.match(all.stdout, /pass 1[^]*fail 1/)
  const named = run('test', 'test/a.test.ts')
  assert.equal(named.status, 0, named.stdout)
  assert.match(named.stdout, /pass 1/)
  assert.equal(run('dance').status, 2)
})

/** The link with a token is for terminals only. */
const AS_TERMINAL = '--import=data:text/javascript,process.stdout.isTTY=true'

test('the link to the console has no access token if the output is not a terminal', () => {
  const proof = { eventId: '$event', accessToken: 'blf_secret' }
  const text = consoleLink('http://localhost:8008', proof, false)
  assert.match(text, /http:\/\/localhost:8008\/_belfry\/console\//)
  assert.doesNotMatch(text, /blf_secret|#token/)
})

test('npm start prints a link to the journey of its proof, and a SIGTERM to npm stops the server', async (t) => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const settings = { BELFRY_LISTEN: '127.0.0.1:0', BELFRY_DATA: join(scratch(t), 'data') }
  const npm = spawn('npm', ['start', '--silent'], {
    cwd: root,
    env: { ...env, ...settings, NODE_OPTIONS: AS_TERMINAL },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = once(npm, 'close')
  let output = ''
  npm.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const url = await eventually(() => /^belfry listening on (\S+)/m.exec(output)?.[1])
  assert.equal((await fetch(`${url}/health`)).status, 200)
  // The link to the console opens the journey of the message that proved the start.
  const [, eventId, token = ''] = await eventually(
    () => /console\/journeys\/(\S+)#token=(\S+)/.exec(output) ?? undefined,
  )
  const journey = await fetch(`${url}/_belfry/v1/journey?event_id=${eventId}`, {
    headers: { authorization: `Bearer ${token}` },
  })
  assert.match(await journey.text(), /"state":"sent"/)
  npm.kill('SIGTERM')
  // The output closes when the last process that writes to it ends.
  await gone
  await assert.rejects(fetch(`${url}/health`))
})

test('push journeys --follow ends with 0 at SIGINT, and when the reader of its output closes the pipe', async (t) => {
  const { url } = await startTestServer(t)
  const [alice, bob] = [await registerUser(url, 'alice'), await registerUser(url, 'bob')]
  const room = await bob.createRoom({ preset: 'public_chat' })
  await alice.post(`/join/${encodeURIComponent(room)}`)
  const id = await bob.say(room, 'one')
  /** Resolves when the process has printed the journey. */
  const follow = async () => {
    const child = spawn(process.execPath, [join(root, 'bin/belfry'), 'push', 'journeys', '--follow'], {
      env: { ...process.env, BELFRY_TOKEN: alice.token, BELFRY_URL: url },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    afterTest(t, () => void child.kill('SIGKILL'))
    const lines = createInterface({ input: child.stdout })
    while (!String(await once(lines, 'line')).includes(id));
    return { child, exit: once(child, 'exit') }
  }
  const [stopped, closed] = await Promise.all([follow(), follow()])
  stopped.child.kill('SIGINT')
  assert.deepEqual(await stopped.exit, [0, null])
  closed.child.stdout.destroy()
  await bob.say(room, 'two')
  assert.deepEqual(await closed.exit, [0, null])
})
