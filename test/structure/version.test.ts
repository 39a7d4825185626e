import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { VERSION } from '../../src/lib/version.ts'
import { call } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'

// package.json has the version, and everything that shows it reads it there (docs/operations/upgrade.md).

const versionIn = (name: string) =>
  (JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')) as { version: string }).version

test('a server shows the version of package.json in /health, in its metrics and in its OpenAPI document', async (t) => {
  assert.equal(VERSION, versionIn('package.json'))
  for (const file of ['package-lock.json', 'packages/push-rules/package.json'])
    assert.equal(versionIn(file), VERSION, file)
  const { url } = await startTestServer(t)
  assert.equal((await call(`${url}/health`)).body['version'], VERSION)
  const { body } = await call(`${url}/metrics`)
  assert.ok(String(body['text']).includes(`belfry_build_info{version="${VERSION}"} 1\n`))
  const { info } = (await call(`${url}/_belfry/v1/openapi.json`)).body as { info: { version: string } }
  assert.equal(info.version, VERSION)
})

test('the version has three numbers, and one more part before a release at most', () => {
  assert.match(VERSION, /^\d+\.\d+\.\d+(-[a-z]+\.\d+)?$/)
})
