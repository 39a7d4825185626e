import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { scalePage, valuesFrom } from '../../scripts/print-scale.ts'
import { defaultValues, needsOf, usersOfOnePrimary } from '../../scripts/scale-model.ts'

suite('the scale model', () => {
  test('docs/scale.md has the figures of the inputs (npm run docs:scale)', () => {
    assert.equal(readFileSync(new URL('../../docs/scale.md', import.meta.url), 'utf8'), scalePage())
  })

  test('computes messages, pokes and cores from the inputs', () => {
    const needs = needsOf(86_400, {
      ...defaultValues(),
      active: 0.5,
      messages: 10,
      peak: 2,
      directShare: 0.5,
      groupShare: 0.25,
      groupMembers: 4,
      largeMembers: 100,
      largeNotified: 0.1,
      pushers: 2,
      unread: 0.5,
      messageCpu: 1_000,
      pokeCpu: 500,
    })
    assert.equal(needs.messages, 10)
    // 0.5 × 1 + 0.25 × 4 + 0.25 × 100 × 0.1 = 4 notified members, with two pushers each, half of them not read yet.
    assert.equal(needs.pokes, 40)
    assert.equal(needs.acceptCores, 0.01)
    assert.equal(needs.deliveryCores, 0.02)
  })

  test('one primary takes the writes of the number of users that it names, and not of more', () => {
    const values = defaultValues()
    const users = usersOfOnePrimary(values)
    assert.equal(needsOf(users, values).primaries, 1)
    assert.equal(needsOf(users * 1.001, values).primaries, 2)
  })

  test('an input is replaced by its name, and the page shows its value', () => {
    const values = valuesFrom(['messages=80'])
    assert.equal(values.messages, 80)
    assert.ok(scalePage(values).includes('| `messages` | 80 | messages a day |'))
  })

  test('an unknown input and a value that is not a number are refused with the reason', () => {
    assert.throws(() => valuesFrom(['people=80']), /Unknown input "people"/)
    for (const value of ['', 'many', '0', '-1', 'Infinity'])
      assert.throws(() => valuesFrom([`messages=${value}`]), /messages needs a number above 0/)
  })
})
