import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newDataFolder } from '../../support/databases.ts'
import { hostileRun } from './hostile-run.ts'

// `npm run soak -- --hostile` runs this at full size.
test('all attacks at once cost ordinary users no poke, no request, and the server no 5xx', async (t) => {
  const { problems, figures, attacks } = await hostileRun({
    data: newDataFolder(t),
    aloneMs: 500,
    attackMs: 5000,
    scale: 0.02,
    patienceMs: 120_000,
  })
  t.diagnostic(JSON.stringify({ figures, attacks }))
  assert.deepEqual(problems, [])
  for (const { name, statuses } of attacks)
    if (!/never (read|end)/.test(name)) assert.ok(Object.keys(statuses).length > 0, `${name} sent requests`)
})
