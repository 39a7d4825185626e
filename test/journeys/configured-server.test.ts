import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { afterTest } from '../support/after-test.ts'
import { call } from '../support/client.ts'
import { temporaryFolder, newDataFolder } from '../support/databases.ts'
import { launchBelfry, runBelfry } from '../support/process.ts'
import { runHere } from '../support/run-command.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const PASSWORD = 'a long password'

/** Runs a command in an empty folder. */
const belfry = (t: TestContext, args: readonly string[], input = '') =>
  runBelfry(t, args, { cwd: temporaryFolder(t), input })

async function login(url: string, user: string) {
  const { status, body } = await call(`${url}/_matrix/client/v3/login`, {
    method: 'POST',
    body: { type: 'm.login.password', identifier: { type: 'm.id.user', user }, password: PASSWORD },
  })
  return { status, userId: body['user_id'] }
}

/** The code blocks in a section of the operating guide, by language. */
function section(title: string): Record<string, string> {
  const text =
    readFileSync(join(root, 'docs/operating.md'), 'utf8').split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? ''
  return Object.fromEntries(
    [...text.matchAll(/```(\w+)\n([^`]*)```/g)].map(([, kind, block]) => [kind, block]),
  )
}

describe('the first configuration of the operating guide', () => {
  test('starts a server with the configured name and creates a user', async (t) => {
    const folder = temporaryFolder(t)
    const { yaml = '', sh = '' } = section('A first configuration')
    assert.match(yaml, /^server_name: example\.org$/m)
    const config = join(folder, 'belfry.yaml')
    writeFileSync(
      config,
      yaml.replace(/^listen: .*$/m, 'listen: 127.0.0.1:0').replace(/^data: .*$/m, `data: ${folder}`),
    )
    const [serve, add] = sh
      .trim()
      .split('\n')
      .map((line) =>
        line
          .replace(/ +#.*$/, '')
          .replace('belfry.yaml', config)
          .split(' ')
          .slice(1),
      )
    assert.ok(serve && add)
    const server = launchBelfry([...serve, '--log-level', 'error'])
    afterTest(t, () => server.end('SIGKILL'))
    const url = await server.ready
    assert.deepEqual(await belfry(t, add, `${PASSWORD}\n`), {
      code: 0,
      signal: null,
      stdout: 'created @alice:example.org\n',
      stderr: '',
    })
    assert.deepEqual(await login(url, 'alice'), { status: 200, userId: '@alice:example.org' })
    assert.equal(await server.end('SIGTERM'), 0)
  })
})

describe('the name of the server', () => {
  test('is stored with the data: commands read it there, and a start with another name exits with one line', async (t) => {
    const data = newDataFolder(t)
    const first = launchBelfry([
      'serve',
      '--listen',
      '127.0.0.1:0',
      '--log-level',
      'error',
      '--data',
      data,
      '--server-name',
      'example.test',
    ])
    afterTest(t, () => first.end('SIGKILL'))
    await first.ready
    assert.equal(
      (await runHere(['user', 'add', 'alice', '--data', data], PASSWORD)).out,
      'created @alice:example.test',
    )
    await first.end('SIGTERM')

    for (const args of [
      ['serve', '--listen', '127.0.0.1:0', '--data', data, '--server-name', 'localhost'],
      ['start', '--listen', '127.0.0.1:0', '--data', data, '--server-name', 'localhost'],
      ['user', 'add', 'dave', '--data', data, '--server-name', 'localhost'],
    ]) {
      const { code, stdout, stderr } = await belfry(t, args, PASSWORD)
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(
        stderr,
        /^belfry: the database [^\n]* belongs to the server "example\.test"[^\n]*"localhost"[^\n]*\n$/,
      )
    }

    const again = launchBelfry(['start', '--listen', '127.0.0.1:0', '--log-level', 'error', '--data', data])
    afterTest(t, () => again.end('SIGKILL'))
    assert.deepEqual(await login(await again.ready, 'alice'), { status: 200, userId: '@alice:example.test' })
  })

  test('user add without the data directory prints the missing setting and creates no second server', async (t) => {
    const { code, stdout, stderr } = await belfry(t, ['user', 'add', 'alice'], PASSWORD)
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(
      stderr,
      /^belfry: there is no database at data\/belfry\.db: pass the server's --config, --data [^\n]*\n$/,
    )
  })
})
