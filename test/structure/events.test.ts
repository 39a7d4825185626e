import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

// One type of event with named projections (src/lib/matrix-event.ts), and one reader of the creators of a room
// (src/rooms/creators.ts). Other types of events are a `Pick` of `Event` or `EventDraft`.

const root = fileURLToPath(new URL('../../', import.meta.url))
const sources = globSync('src/**/*.ts', { cwd: root })
  .toSorted()
  .map((file) => ({ file, text: readFileSync(`${root}${file}`, 'utf8') }))

/** Type literals without inner braces that declare both the sender and the content of an event. */
function ownShapes(text: string): string[] {
  return (text.match(/\{[^{}]*\}/g) ?? []).filter(
    (block) =>
      /\bsender\??: (?:UserId|string)\b/.test(block) && /\bcontent\??: (?:JsonObject|Json)\b/.test(block),
  )
}

describe('the type of events', () => {
  test('no other file declares the sender and the content of an event', () => {
    const found = sources.filter(({ text }) => ownShapes(text).length > 0).map(({ file }) => file)
    assert.deepEqual(found, ['src/lib/matrix-event.ts'])
  })

  test('reports a declaration of a second type of event', () => {
    assert.equal(ownShapes('type Said = {\n  sender: UserId\n  content: JsonObject\n}').length, 1)
    assert.equal(ownShapes('function f(event: { content?: JsonObject; sender?: string }) {}').length, 1)
    assert.equal(ownShapes("type Said = Pick<Event, 'sender' | 'content'> & { at: number }").length, 0)
  })

  test('only one file reads additional_creators; other files validate or write it', () => {
    const found = sources.filter(({ text }) => text.includes('additional_creators')).map(({ file }) => file)
    assert.deepEqual(found, [
      'src/client-api/room-upgrade.ts',
      'src/rooms/authorise.ts',
      'src/rooms/create-room.ts',
      'src/rooms/creators.ts',
      'src/rooms/upgrade-state.ts',
    ])
  })
})
