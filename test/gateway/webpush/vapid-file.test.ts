import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { keepVapidKey } from '../../../src/gateway/webpush/vapid-file.ts'
import { readVapidKey } from '../../../src/gateway/webpush/credentials.ts'
import { temporaryFolder } from '../../support/databases.ts'

test('keepVapidKey creates a key file once, readable by its owner only, and reads it afterwards', async (t) => {
  const file = join(temporaryFolder(t), 'vapid.pem')
  const made = await keepVapidKey(file)
  assert.equal(made.isNew, true)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const text = readFileSync(file, 'utf8')
  assert.equal(readVapidKey(text).publicKey, made.key.publicKey)
  const kept = await keepVapidKey(file)
  assert.deepEqual([kept.isNew, kept.key.publicKey], [false, made.key.publicKey])
  assert.equal(readFileSync(file, 'utf8'), text)
})

test('keepVapidKey does not change a file that is not a key', async (t) => {
  const file = join(temporaryFolder(t), 'notes.txt')
  writeFileSync(file, 'my notes')
  const message = `${file} exists already: not a private key in PEM; choose another file`
  await assert.rejects(keepVapidKey(file), { name: 'ConfigError', message })
  assert.equal(readFileSync(file, 'utf8'), 'my notes')
})

test('keepVapidKey fails for a missing folder, and for a path that is a folder', async (t) => {
  const folder = temporaryFolder(t)
  await assert.rejects(keepVapidKey(join(folder, 'no', 'vapid.pem')), {
    name: 'ConfigError',
    message: /cannot be created: the folder does not exist$/,
  })
  await assert.rejects(keepVapidKey(folder), { name: 'ConfigError', message: /cannot be read$/ })
})
