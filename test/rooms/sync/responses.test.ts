import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Json, JsonObject } from '../../../src/lib/json.ts'
import { onEachDatabase } from '../../support/databases.ts'
import { createSyncFixture } from '../sync-fixture.ts'
import { type Responses, PEOPLE, readSituations } from './situations.ts'

// `UPDATE_SNAPSHOTS=1 npm test -- test/rooms/sync/responses.test.ts` writes the file.
const FILE = new URL('responses.snapshot.txt', import.meta.url)
const PARTS = ['content', 'timeline', 'invite_state', 'knock_state']

/** Each distinct event and room once, and the responses with `part <number>` in its place. */
type Stored = { parts: Json[]; responses: Record<string, Json> }

function packed(responses: Responses): Stored {
  const places = new Map<string, number>()
  const pack = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(pack)
    if (typeof value !== 'object' || value === null) return value
    const keys = Object.keys(value).toSorted()
    const inner = Object.fromEntries(keys.map((key) => [key, pack(value[key] as Json)]))
    if (!PARTS.some((key) => key in value)) return inner
    const text = JSON.stringify(inner)
    if (!places.has(text)) places.set(text, places.size)
    return `part ${places.get(text)}`
  }
  const result = Object.fromEntries([...responses].map(([name, body]) => [name, pack(body)]))
  return { parts: [...places.keys()].map((text) => JSON.parse(text) as Json), responses: result }
}

function unpacked({ parts, responses }: Stored): Responses {
  const unpack = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(unpack)
    if (typeof value === 'string' && value.startsWith('part '))
      return unpack(parts[Number(value.slice(5))] as Json)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unpack(inner)]))
  }
  return new Map(Object.entries(responses).map(([name, body]) => [name, unpack(body) as JsonObject]))
}

function textOf({ parts, responses }: Stored): string {
  const lines = (entries: string[]) => entries.join(',\n')
  const responseLines = Object.entries(responses).map(
    ([name, body]) => `${JSON.stringify(name)}:${JSON.stringify(body)}`,
  )
  return `{"parts":[\n${lines(parts.map((part) => JSON.stringify(part)))}\n],"responses":{\n${lines(responseLines)}\n}}\n`
}

onEachDatabase('the responses of /sync', (open) => {
  test('are the stored ones in each situation', async (t) => {
    const fixture = await createSyncFixture(t, await open(t), PEOPLE)
    const responses = await readSituations(fixture)
    if (process.env['UPDATE_SNAPSHOTS']) writeFileSync(FILE, textOf(packed(responses)))
    const expected = unpacked(JSON.parse(readFileSync(FILE, 'utf8')) as Stored)
    assert.ok(expected.size > 300)
    assert.deepEqual([...responses.keys()], [...expected.keys()])
    for (const [name, response] of expected) assert.deepEqual(responses.get(name), response, name)
  })
})
