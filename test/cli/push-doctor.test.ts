import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommandContext } from '../../src/cli/command.ts'
import { runCommand } from '../../src/cli/main.ts'
import { registerUser } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'

async function run(argv: string[], env: Record<string, string>) {
  const lines: string[] = []
  const context = {
    env,
    fetch,
    print: (line: string) => void lines.push(line),
    complain: (line: string) => void lines.push(line),
  }
  const code = await runCommand(['push', 'doctor', ...argv], context as unknown as CommandContext)
  return { code, text: lines.join('\n') }
}

test('push doctor prints the findings with the requests that correct them, and exits 1 when there is a problem', async (t) => {
  const server = await startTestServer(t)
  const alice = await registerUser(server.url, 'alice')
  const env = { BELFRY_TOKEN: alice.token, BELFRY_URL: server.url }
  await alice.put('/pushrules/global/override/moon', {
    conditions: [{ kind: 'org.example.moon' }],
    actions: [],
  })
  const { code, text } = await run([], env)
  assert.equal(code, 1)
  assert.match(text, /^Checked 0 pushers, \d+ push rules, 0 rooms of @alice:localhost: 2 findings\.$/m)
  assert.match(text, /^problem: You have no pusher\.$/m)
  assert.match(text, /^warning: The override rule moon can never match/m)
  assert.match(
    text,
    /^ {2}Delete the override rule moon:\n {4}DELETE \/_matrix\/client\/v3\/pushrules\/global\/override\/moon$/m,
  )

  const json = await run(['--json'], env)
  assert.equal((JSON.parse(json.text) as { total: number }).total, 2)
  assert.equal((await run(['more'], env)).code, 2)
  assert.match((await run(['--user', '@bob:localhost'], env)).text, /Only an administrator/)
})
