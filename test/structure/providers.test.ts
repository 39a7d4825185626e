import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const gateway = fileURLToPath(new URL('../../src/gateway/', import.meta.url))
const providers = readdirSync(gateway, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
)

describe('the folders of push providers', () => {
  test('are the known ones', () =>
    assert.deepEqual(providers.toSorted(), ['apns', 'fcm', 'unifiedpush', 'webpush']))

  for (const name of providers) {
    const files = readdirSync(gateway + name)
    const readme = readFileSync(`${gateway}${name}/README.md`, 'utf8')

    test(`${name} has the files of every provider`, () => {
      const common = ['README.md', 'options.ts', 'payload.ts', 'provider.ts', 'result.ts', 'send.ts']
      assert.deepEqual(
        common.filter((file) => !files.includes(file)),
        [],
      )
      assert.equal(files.includes('token.ts'), files.includes('credentials.ts'), 'a token needs credentials')
    })

    test(`the README of ${name} names each file and has the headings of every provider`, () => {
      const rows = readme.split('\n').filter((line) => line.startsWith('| `'))
      const named = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)])
      assert.deepEqual(
        named.map(([, file]) => String(file)).toSorted(),
        files.filter((file) => file.endsWith('.ts')).toSorted(),
      )
      const headings = readme.split('\n').filter((line) => line.startsWith('## '))
      const all = ['## Invariants', '## Failure modes', '## Beyond Sygnal', '## Rate']
      assert.deepEqual(
        headings,
        all.filter((heading) => headings.includes(heading)),
        'and no other heading',
      )
      assert.deepEqual(headings.slice(0, 2), all.slice(0, 2))
    })
  }
})
