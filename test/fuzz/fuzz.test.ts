import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import fc from 'fast-check'
import { runs } from '../support/property.ts'
import { commandFor, fuzz } from './fuzz.ts'
import { fuzzTarget, refusedOr } from './fuzz-target.ts'
import { TARGETS } from './targets.ts'

describe('a parser gets some values in the suite, and many with npm run fuzz', () => {
  for (const target of TARGETS)
    it(target.name, async () => {
      const { fault } = await fuzz(target, { seed: 1, count: runs(20) })
      if (fault !== undefined)
        assert.fail(`${fault.value}\n${fault.error}\n${commandFor(target.name, fault)}`)
    })
})

test('a planted fault is found, made small, and found again by its command', async () => {
  const planted = fuzzTarget('planted', 'refuses no negative numbers', {
    values: fc.array(fc.integer()),
    check: (all) => assert.ok(all.every((one) => one >= 0)),
  })
  const { fault } = await fuzz(planted, { seed: 5, count: 1000 })
  assert.equal(fault?.value, '[-1]')
  const { seed, path } = fault
  assert.equal(commandFor('planted', fault), `npm run fuzz -- --only planted --seed 5 --path ${path}`)
  const again = await fuzz(planted, { seed, path, count: 1 })
  assert.deepEqual([again.fault?.value, again.count], ['[-1]', 1])
})

test('an error that is not a refusal is a fault, and names are unique', async () => {
  assert.throws(() => refusedOr(() => JSON.parse('{')), SyntaxError)
  assert.equal(new Set(TARGETS.map(({ name }) => name)).size, TARGETS.length)
})
