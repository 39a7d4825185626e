import assert from 'node:assert/strict'
import { createECDH, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { makeEncryptor } from '../../../src/gateway/webpush/encryptor.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { eventually } from '../../support/eventually.ts'
import { decryptPush } from '../../support/decrypt-push.ts'

const pair = createECDH('prime256v1')
const keys = { publicKey: pair.generateKeys(), auth: randomBytes(16) }
const read = (body: Buffer) => decryptPush(body, { pair, auth: keys.auth }).toString()

function encryptMany(encryptor: ReturnType<typeof makeEncryptor>, count: number) {
  const texts = Array.from({ length: count }, (_, at) => `message ${at}`)
  return { texts, bodies: texts.map((text) => encryptor.encrypt(Buffer.from(text), keys)) }
}

test('messages at a low rate are encrypted without a worker thread', async () => {
  const clock = createManualClock()
  await using encryptor = makeEncryptor({ clock })
  for (let at = 0; at < 50; at++) {
    clock.advance(10)
    assert.equal(read(await encryptor.encrypt(Buffer.from(String(at)), keys)), String(at))
  }
  assert.equal(encryptor.hasThread(), false)
})

test('a burst of messages is encrypted in a worker thread, each with its own result', async () => {
  await using encryptor = makeEncryptor({ clock: createManualClock() })
  const { texts, bodies } = encryptMany(encryptor, 1000)
  assert.equal(encryptor.hasThread(), true)
  assert.deepEqual((await Promise.all(bodies)).map(read), texts)
  await encryptor[Symbol.asyncDispose]()
  assert.equal(encryptor.hasThread(), false)
})

test('messages that the worker thread has not encrypted when it ends are encrypted without it', async () => {
  const encryptor = makeEncryptor({ clock: createManualClock() })
  const { texts, bodies } = encryptMany(encryptor, 200)
  await encryptor[Symbol.asyncDispose]()
  assert.deepEqual((await Promise.all(bodies)).map(read), texts)
})

test('a message that cannot be encrypted rejects, with and without the worker thread', async () => {
  await using encryptor = makeEncryptor({ clock: createManualClock() })
  const offCurve = { ...keys, publicKey: Buffer.alloc(65, 4) }
  const all = Array.from({ length: 40 }, (_, at) =>
    encryptor.encrypt(Buffer.from('x'), at % 2 === 0 ? offCurve : keys),
  )
  const settled = await Promise.allSettled(all)
  settled.forEach(({ status }, at) =>
    assert.equal(status, at % 2 === 0 ? 'rejected' : 'fulfilled', String(at)),
  )
})

test('the worker thread ends when it is idle, and starts again with the next burst', async () => {
  await using encryptor = makeEncryptor({ clock: createManualClock(), idleMs: 5 })
  for (let round = 0; round < 2; round++) {
    const { texts, bodies } = encryptMany(encryptor, 100)
    assert.equal(encryptor.hasThread(), true)
    assert.deepEqual((await Promise.all(bodies)).map(read), texts)
    await eventually(() => !encryptor.hasThread())
  }
})
