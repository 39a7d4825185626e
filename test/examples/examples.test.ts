import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { afterTest } from '../support/after-test.ts'
import { registerUser } from '../support/client.ts'
import { eventually } from '../support/eventually.ts'
import { startTestServer } from '../support/server.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const README = readFileSync(`${ROOT}examples/README.md`, 'utf8')

/** Runs an example until the end of the test; resolves when it has printed that it waits. */
async function runExample(t: TestContext, { file, args }: { file: string; args: string[] }) {
  const command = `node examples/${file} http://127.0.0.1:8008 "$`
  assert.ok(README.includes(command), `examples/README.md has ${command}`)
  const child = spawn(process.execPath, [`${ROOT}examples/${file}`, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (output += text))
  afterTest(t, () => void child.kill('SIGKILL'))
  const printed = async (line: string) =>
    eventually(() => {
      assert.equal(child.exitCode, null, `${file} has ended: ${output}`)
      return output.includes(`${line}\n`)
    })
  await printed('waiting for messages')
  return { printed }
}

test('the bot of the examples accepts an invitation and answers a command', async (t) => {
  const { url } = await startTestServer(t)
  const [alice, bot] = [await registerUser(url, 'alice'), await registerUser(url, 'bot')]
  await runExample(t, { file: 'bot.mjs', args: [url, bot.token] })
  const room = await alice.createRoom({ invite: [bot.userId] })
  await eventually(async () => {
    const { joined } = await alice.get(`/rooms/${room}/joined_members`)
    return Object.hasOwn(joined as object, bot.userId)
  })
  await alice.say(room, '!ping')
  await eventually(async () => {
    const { chunk } = await alice.get(`/rooms/${room}/messages?dir=b&limit=1`)
    const [{ sender, content }] = chunk as [{ sender: string; content: { body: string } }]
    return sender === bot.userId && content.body === 'pong'
  })
})

test('the receiver of the examples prints a message that arrives over UnifiedPush, and it has thirty lines', async (t) => {
  const { url } = await startTestServer(t, {
    env: { BELFRY_GATEWAY_APPS: '{"org.example.receiver":{"type":"unifiedpush"}}' },
  })
  const [alice, bob] = [await registerUser(url, 'alice'), await registerUser(url, 'bob')]
  const receiver = await runExample(t, { file: 'unifiedpush-receiver.mjs', args: [url, alice.token] })
  const room = await bob.createRoom({ preset: 'public_chat', name: 'Lunch' })
  await alice.post(`/join/${room}`)
  await bob.say(room, 'Soup today')
  await receiver.printed('@bob:localhost in Lunch: Soup today')
  const lines = readFileSync(`${ROOT}examples/unifiedpush-receiver.mjs`, 'utf8').trim().split('\n')
  assert.ok(lines.length <= 32, `${lines.length} lines`)
})

test('the page of the examples has the files of docs/browser-pushers.md, which a test runs in Firefox', () => {
  const guide = readFileSync(`${ROOT}docs/browser-pushers.md`, 'utf8')
  const blocks = guide.matchAll(/^```\w+ (\S+)\n([\s\S]*?)^```$/gm)
  const printed = new Map([...blocks].map(([, name = '', text = '']) => [name, text]))
  assert.deepEqual([...printed.keys()].toSorted(), readdirSync(`${ROOT}examples/web-push`).toSorted())
  for (const [name, text] of printed)
    assert.equal(readFileSync(`${ROOT}examples/web-push/${name}`, 'utf8'), text, name)
})
