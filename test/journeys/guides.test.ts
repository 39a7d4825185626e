import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { afterTest } from '../support/after-test.ts'
import { temporaryFolder } from '../support/databases.ts'
import { blocksIn } from '../support/document-blocks.ts'
import { freePort } from '../support/free-port.ts'
import { startTestServer } from '../support/server.ts'

// Runs the commands of the guides as a reader would, one block after the other.

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const read = (file: string) => readFileSync(`${ROOT}${file}`, 'utf8')

/** What the commands print. All of them must succeed. */
async function run(t: TestContext, script: string, cwd: string): Promise<string> {
  const { BELFRY_URL: _url, BELFRY_TOKEN: _token, ...env } = process.env
  // A group, so that a command that is left running ends with the others.
  const shell = spawn('bash', ['-eu'], { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'inherit'] })
  const end = () => {
    try {
      process.kill(-(shell.pid ?? 0), 'SIGKILL')
    } catch {
      // All of them have ended.
    }
  }
  afterTest(t, end)
  const printed = text(shell.stdout)
  shell.stdin.end(script)
  await once(shell, 'exit')
  end()
  assert.equal(shell.exitCode, 0, await printed)
  return printed
}

/** A reader is slower than a notification. */
const until = (command: string, seen: string) => `until ${command} | grep -q '${seen}'; do sleep 0.05; done\n`

test('the guide for developers: a message arrives at the device, and the commands show why', async (t) => {
  const { url } = await startTestServer(t)
  const [start = '', users = '', send = '', inbox = '', why = '', ...more] = blocksIn(
    read('docs/developing.md'),
    'sh',
  )
  assert.equal(more.length, 0)
  assert.match(start, /^bin\/belfry start /)
  const wait = until(inbox.trim(), 'Soup')
  // The server notes the response of the gateway after the device has the notification.
  const journeys = 'curl -s -H "Authorization: Bearer $ALICE" "$B/_belfry/v1/journeys?limit=1"'
  const noted = until(journeys, '"state":"sent"')
  const printed = await run(
    t,
    [users, send, wait, inbox, noted, why].join('\n').replace('http://127.0.0.1:8008', url),
    ROOT,
  )
  for (const shown of [
    '"body":"Soup, Alice?"',
    'matched      global override .m.rule.is_user_mention',
    'the gateway accepted it',
  ])
    assert.ok(printed.includes(shown), `${shown} in ${printed}`)
})

test('the guide for operators of gateways: a gateway takes a notification, and shows its way', async (t) => {
  const guide = read('docs/gateway.md').split('\n## A first gateway\n')[1]?.split('\n## ')[0] ?? ''
  const [config = ''] = blocksIn(guide, 'yaml')
  const [script = '', ...more] = blocksIn(guide, 'sh')
  assert.ok(config !== '' && script !== '' && more.length === 0)
  const folder = temporaryFolder(t)
  const port = String(await freePort())
  writeFileSync(join(folder, 'gateway.yaml'), config.replace('5000', port))
  const commands = script.replaceAll('5000', port).replaceAll(/(?=bin\/belfry)/g, ROOT)
  const printed = await run(t, commands, folder)
  for (const shown of ['"rejected":[]', '"body":"Soup today"', 'org.example.test'])
    assert.ok(printed.includes(shown), `${shown} in ${printed}`)
})
