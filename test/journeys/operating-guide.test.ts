import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'

const GUIDE = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8')

test('the configuration printed in docs/operating.md is accepted', () => {
  const [first] = GUIDE.matchAll(/^```yaml\n(.*?)^```/gms)
  const config = loadConfig({ argv: ['--config', 'x'], env: {}, readFile: () => first?.[1] ?? '' })
  assert.deepEqual([config.server_name, config.trust_proxy], ['example.org', true])
})
