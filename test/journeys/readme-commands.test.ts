import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { shellBlocks } from '../support/document-blocks.ts'
import { eventually } from '../support/eventually.ts'
import { startTestServer } from '../support/server.ts'

// Runs the commands of the README and of the documents that continue it, block by block, and compares their
// output with the documents. Ids, tokens, times and numbers may differ, and `…` matches anything.

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PRINTED_URL = 'http://127.0.0.1:8008'

type Block = { command: string; shown: string }

/** The shell blocks of a document, or of one section of it, each with the output that follows it. */
function blocksOf(file: string, title?: string): Block[] {
  const text = readFileSync(`${ROOT}${file}`, 'utf8')
  const section = title === undefined ? text : text.split(`\n## ${title}\n`)[1]?.split('\n## ')[0]
  assert.ok(section !== undefined, `${file} has a section "${title}"`)
  const found = section.matchAll(/^```sh\n(.*?)^```\n```(?:json)?\n(.*?)^```/gms)
  return [...found].map(([, command = '', shown = '']) => ({ command, shown }))
}

/** Runs blocks and stores values of their output for later blocks: tokens, the room, the newest event. */
function createShell(url: string) {
  const variables: Record<string, string> = {}

  async function run(command: string): Promise<string> {
    let output = ''
    let lines: string[] = []
    const flush = async () => {
      const env = { ...process.env, ...variables, BELFRY_URL: url }
      const child = spawn('bash', ['-c', lines.join('\n')], {
        cwd: ROOT,
        env,
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      lines = []
      output += await text(child.stdout)
      learn(output)
    }
    for (const line of command.replaceAll(PRINTED_URL, url).split('\n')) {
      const [, name = '', value = ''] = /^([A-Z]+)=(\S+)(?: +#.*)?$/.exec(line) ?? []
      if (name === '') lines.push(line)
      // "From the response" of an earlier command: the value was already read from the output of this run.
      else if (line.includes('# from ')) await flush()
      else variables[name] = value
    }
    await flush()
    return output
  }

  function learn(output: string): void {
    const tokens = [...output.matchAll(/"user_id":"@(\w+):[^}]*?"access_token":"([^"]+)"/g)]
    for (const [, user = '', token = ''] of tokens) variables[user.toUpperCase()] = token
    const last = (name: string) => [...output.matchAll(new RegExp(`"${name}":"([^"]+)"`, 'g'))].at(-1)?.[1]
    const [room, event] = [last('room_id'), last('event_id')]
    if (room !== undefined) variables['ROOM'] = room
    if (event !== undefined) variables['EVENT'] = event
  }

  return { run, variables }
}

const VOLATILE = /\$[\w-]{20,}|![\w-]{20,}(?::localhost)?|"blf_[^"]*"|"[A-Z]{10}"|\d+/g
const escaped = (literal: string) => literal.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')
/** `curl` does not end its output with a newline, and the README wraps long lines. */
const flat = (output: string) => output.replaceAll(/\n\s*/g, '').trim()

/** A pattern for the output that the README shows. */
function patternOf(shown: string): RegExp {
  let [pattern, at] = ['', 0]
  const literal = (part: string) => part.split('…').map(escaped).join('.*')
  const expected = flat(shown)
  for (const match of expected.matchAll(VOLATILE)) {
    pattern += `${literal(expected.slice(at, match.index))}${/^\d/.test(match[0]) ? '\\d+' : '[^\\s,)}]+'}`
    at = match.index + match[0].length
  }
  return new RegExp(`^${pattern}${literal(expected.slice(at))}$`)
}

const missing = ['bash', 'curl'].filter((program) => spawnSync(program, ['--version']).status !== 0)
const skip = missing.length > 0 ? `not installed: ${missing.join(', ')}` : false

test('the commands of the README and its documents print the shown output', { skip }, async (t) => {
  const { url } = await startTestServer(t)
  const shell = createShell(url)
  const runs = async ({ command, shown }: Block) => {
    const pattern = patternOf(shown.replaceAll(PRINTED_URL, url))
    // Pokes take a moment: the inbox is read until it has the shown number of entries.
    const count = (output: string) => output.split('"received_at"').length
    const output = await eventually(async () => {
      const found = await shell.run(command)
      return count(found) >= count(shown) + (shown.includes('[…,') ? 1 : 0) && found
    })
    assert.match(flat(output), pattern, command)
  }

  const walk = blocksOf('README.md', 'From a message to a poke, with curl')
  assert.equal(walk.length, 6)
  for (const block of walk) await runs(block)

  const [, setPusher] = walk
  assert.ok(setPusher)
  const [deviceRule, ...moreRules] = blocksOf('README.md', 'Push rules for one device')
  assert.ok(deviceRule && moreRules.length === 0)
  await runs(setPusher)
  await runs(deviceRule)

  assert.deepEqual(blocksOf('docs/device-rules.md'), [deviceRule])

  const [explain, dryRun, preview, trace, ...moreReasons] = blocksOf('docs/explain.md')
  assert.ok(explain && dryRun && preview && trace && moreReasons.length === 0)
  for (const block of [explain, dryRun, preview]) await runs(block)

  // The shown journey is that of a message without a device rule.
  const rule = `$S/v3/pushrules/device/k2v8w0qz/room/$ROOM`
  await shell.run(`curl -H "Authorization: Bearer $ALICE" -X DELETE ${rule}`)
  const send = `$S/v3/rooms/$ROOM/send/m.room.message/3 -d '{"msgtype":"m.text","body":"Again"}'`
  await shell.run(`curl -H "Authorization: Bearer $BOB" -X PUT ${send}`)
  const ownTrace = trace.command.replace(/'\$[^']+'/, '"$EVENT"')
  const journey = await eventually(async () => {
    const found = await shell.run(ownTrace)
    return found.includes('attempt 1') && found
  })
  assert.match(flat(journey), patternOf(trace.shown))

  const [doctor, ...moreDoctors] = blocksOf('docs/doctor.md')
  assert.ok(doctor && moreDoctors.length === 0)
  await runs(doctor)

  const checks = blocksOf('docs/pushers.md')
  assert.equal(checks.length, 2)
  for (const block of checks) await runs(block)

  await readInboxes(shell)

  // Last, because they change which messages notify.
  const schedules = blocksOf('docs/schedules.md')
  assert.equal(schedules.length, 5)
  for (const block of schedules) await runs(block)
  const dryRunAt = shellBlocks('docs/schedules.md').at(-1) ?? ''
  assert.match(await shell.run(dryRunAt), /"rules":|"outcome":/)
})

/** The stream of an inbox does not end, so it is read up to what the document shows. */
async function readInboxes(shell: ReturnType<typeof createShell>): Promise<void> {
  const [own = '', opened = ''] = shellBlocks('docs/gateway.md').filter((block) => block.startsWith('curl '))
  const [list = '', stream = ''] = own.replaceAll('my-pushkey', 'alices-phone').trim().split('\n')
  assert.match(await shell.run(list), /"received_at":\d+,"notification":\{/)
  const send = `curl -s -H "Authorization: Bearer $BOB" -X PUT $S/v3/rooms/$ROOM/send/m.room.message/stream -d '{"msgtype":"m.text","body":"Streamed"}'`
  const read = (line: string, then: string) => `exec 3< <(${line})\nread -r first <&3\necho "$first"\n${then}`
  const shown = await shell.run(read(stream, `${send} > /dev/null\nsed -n '/^data: /{p;q}' <&3`))
  assert.match(shown, /^:\ndata: \{"received_at":\d+,"notification":\{"id":"\$[\w-]+","event_id":/)
  const [open = '', follow = ''] = opened.trim().split('\n')
  const [, pushkey = ''] = /^\{"pushkey":"(inbox_[\w-]+)"\}$/.exec((await shell.run(open)).trim()) ?? []
  assert.notEqual(pushkey, '')
  assert.equal(await shell.run(read(follow.replace('inbox_9tLx…', pushkey), '')), ':\n')
}
