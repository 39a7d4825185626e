import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { jsonPieces, PIECE_SIZE } from '../../src/http/json-pieces.ts'
import { Deferred } from '../../src/lib/deferred.ts'
import { isSmaller, sizeOf } from '../../src/lib/json-size.ts'

async function piecesOf(value: unknown): Promise<string[]> {
  const pieces: string[] = []
  for await (const piece of jsonPieces(value)) pieces.push(piece)
  return pieces
}

const long = 'é"\\\u0001'.repeat(10_000)

test('the pieces of any value together equal JSON.stringify', async () => {
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { depthSize: 'small' },
      fc.jsonValue(),
      fc.constantFrom(long, undefined, {}, []),
      fc.array(tie('json'), { maxLength: 5 }),
      fc.dictionary(fc.string(), tie('json'), { maxKeys: 5 }),
    ),
  }))
  await fc.assert(
    fc.asyncProperty(json, async (value) => {
      assert.equal((await piecesOf({ value })).join(''), JSON.stringify({ value }))
    }),
  )
})

test('the pieces of a large value have a bounded length', async () => {
  const value = { chunk: Array.from({ length: 500 }, (_, at) => ({ at, body: 'x'.repeat(1000) })) }
  const pieces = await piecesOf(value)
  assert.equal(pieces.join(''), JSON.stringify(value))
  assert.ok(pieces.length > 5)
  assert.ok(pieces.every((piece) => piece.length <= 2 * PIECE_SIZE))
})

test('deferred parts are created one at a time, in order', async () => {
  const made: string[] = []
  const part = (name: string) =>
    new Deferred(async () => {
      made.push(name)
      return { name, body: 'x'.repeat(PIECE_SIZE) }
    })
  const value = { rooms: { a: part('a'), b: part('b') }, end: true }
  assert.ok(!isSmaller(value, PIECE_SIZE))
  assert.ok(sizeOf(value) < 1000)
  const seen: string[][] = []
  let text = ''
  for await (const piece of jsonPieces(value)) {
    text += piece
    seen.push([...made])
  }
  assert.deepEqual(seen[0], ['a'])
  assert.deepEqual(made, ['a', 'b'])
  const body = 'x'.repeat(PIECE_SIZE)
  assert.deepEqual(JSON.parse(text), { rooms: { a: { name: 'a', body }, b: { name: 'b', body } }, end: true })
})
