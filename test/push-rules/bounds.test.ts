import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  analyseRules,
  compileRules,
  createPopulation,
  defaultRules,
  evaluate,
  explain,
  MAX_BODY_LENGTH,
  MAX_ROOM_STEPS,
  MAX_STEPS,
  prepareEvent,
  roomBudget,
  rulesetFor,
  type Ruleset,
} from '../../src/push-rules/index.ts'
import { meter } from '../../src/push-rules/meter.ts'
import { compiledOf, randomUsers, randomContext, randomEvent, settings } from './random-rules.ts'
import { message, room, ruleset, userRule } from './support.ts'
import { runs } from '../support/property.ts'

const using = { legacyMentionRules: true }
const RULES = 1990
const BODY = 60_000
const CONTEXT = { memberCount: 500 }
/** The steps that may exceed the limit: the search that reaches it is completed. */
const LAST_SEARCH = 40 * MAX_BODY_LENGTH

const many = (make: (at: number) => object) =>
  Array.from({ length: RULES }, (_, at) => userRule(`r${at}`, ['notify'], make(at)))
const content = (pattern: (at: number) => string) => ({
  content: many((at) => ({ pattern: pattern(at).slice(0, 512) })),
})
const override = (conditions: (at: number) => object[]) => ({
  override: many((at) => ({ conditions: conditions(at) })),
})
const personOf = (at: number) => ({ userId: `@u${at}:x`, localpart: `u${at}` })
const ownRules = (at: number, own: object): Ruleset =>
  rulesetFor({
    defaults: defaultRules({ ...personOf(at), ...using }),
    changes: [],
    userRules: own as Partial<Ruleset>,
  })
const analysisOf = (at: number, own: object) => analyseRules(ownRules(at, own), { ...personOf(at), ...using })

const letters = { body: 'a'.repeat(BODY) }
const periods = { body: 'aab '.repeat(BODY / 4) }
const nested = {
  body: 'hi',
  n: [...Array(90).keys()].reduce<unknown>((inner) => ({ a: inner }), 'x'.repeat(1000)),
}

const attacks: [name: string, own: object, content: object][] = [
  ['long words', content((at) => `${'a'.repeat(100 + (at % 400))}${at}`), letters],
  ['words that occur, and words that do not', content((at) => 'a'.repeat(1 + (at % 31))), letters],
  ['stars', content((at) => `${'a*'.repeat(200)}${at}`), letters],
  ['stars and gaps', content((at) => `${'a?a*'.repeat(100)}${at % 7}`), letters],
  ['gaps', content((at) => `a${'?'.repeat(400)}b${at}`), letters],
  ['phrases with a common start', content((at) => `${'aab '.repeat(100)}a${at}`), periods],
  ['phrases with a common end', content((at) => `${at} ${'aab '.repeat(100)}aab`), periods],
  ['three parts, in the wrong order', content((at) => `aab*b a${'ab '.repeat(at % 50)}*aa`), periods],
  [
    'deep keys',
    override((at) => [{ kind: 'event_match', key: `content.n${'.a'.repeat(90)}`, pattern: `x*${at}` }]),
    nested,
  ],
  [
    'ten conditions that hold and one that does not',
    override((at) => [
      ...Array.from({ length: 10 }, () => ({ kind: 'room_member_count', is: '>1' })),
      { kind: 'event_match', key: 'content.body', pattern: `no${at}` },
    ]),
    periods,
  ],
]

describe('the cost of an evaluation is bounded', () => {
  for (const [name, own, text] of attacks) {
    test(`for one user with 1,990 rules: ${name}`, () => {
      evaluate(compileRules(ownRules(0, own)), message(text), { ...CONTEXT, userId: '@u0:x' })
      const spent = MAX_STEPS - meter.left
      assert.ok(spent <= MAX_STEPS + LAST_SEARCH, `${spent} steps`)
    })

    test(`for a room of 60 such members: ${name}`, () => {
      const population = createPopulation({ roomId: room, defaults: using })
      const rules = analysisOf(0, own)
      for (let at = 0; at < 60; at++)
        population.set({ userId: `@u${at}:x`, rules: { ...rules, userId: `@u${at}:x` } })
      const budget = roomBudget()
      population.evaluate(message(text), { ...CONTEXT, budget })
      const spent = MAX_ROOM_STEPS - budget.left
      // After the limit each member still costs the default rules.
      assert.ok(spent <= MAX_ROOM_STEPS + LAST_SEARCH + 60 * 1000, `${spent} steps`)
    })
  }

  test('rules of a user with few rules are evaluated beside fifty users with the maximum number of rules', () => {
    const population = createPopulation({ roomId: room, defaults: using })
    const heavy = content((at) => `aab ${'aab '.repeat(90)}${at}`)
    for (let at = 0; at < 50; at++) population.set({ userId: `@u${at}:x`, rules: analysisOf(at, heavy) })
    const muted = { content: [userRule('quiet', [], { pattern: 'aab' })] }
    population.set({ userId: '@u99:x', rules: analysisOf(99, muted) })
    const { exceptions } = population.evaluate(message(periods), CONTEXT)
    assert.deepEqual(exceptions.find(({ userId }) => userId === '@u99:x')?.outcome.rule?.ruleId, 'quiet')
  })

  test('default rules, room rules and sender rules decide after the limit is reached', () => {
    const heavy = content((at) => `${'aab '.repeat(100)}${at}`)
    const context = { ...CONTEXT, userId: '@u0:x', budget: { left: 0 } }
    const decider = (own: object, more: object = {}) =>
      evaluate(compileRules(ownRules(0, { ...heavy, ...own })), message({ ...periods, ...more }), context)
        .rule?.ruleId
    assert.equal(decider({}), '.m.rule.message')
    assert.equal(decider({ override: [userRule('mine', [], { conditions: [] })] }), '.m.rule.message')
    assert.equal(decider({ room: [userRule(room, [])] }), room)
    assert.equal(decider({ sender: [userRule('@bob:x', [])] }), '@bob:x')
    assert.equal(decider({}, { 'm.mentions': { user_ids: ['@u0:x'] } }), '.m.rule.is_user_mention')
    assert.equal(decider({}, { body: 'u0: hello' }), '.m.rule.contains_user_name')
    const silent = ownRules(0, heavy)
    const master = silent.override.map((rule) =>
      rule.rule_id === '.m.rule.master' ? { ...rule, enabled: true } : rule,
    )
    const compiled = compileRules({ ...silent, override: master })
    assert.equal(evaluate(compiled, message(periods), context).rule?.ruleId, '.m.rule.master')
  })

  test('two thousand keywords of one user are all evaluated in a long message', () => {
    const keywords = { content: many((at) => ({ pattern: `keyword${at}` })) }
    const compiled = compileRules(ruleset(keywords))
    for (const at of [0, 1000, RULES - 1]) {
      const body = `${'Some words of a long message, '.repeat(250)} and keyword${at}.`
      assert.equal(evaluate(compiled, message({ body }), CONTEXT).rule?.ruleId, `r${at}`)
    }
  })
})

describe('a shared budget', () => {
  test('changes no outcome until it is used up, and neither does the index of the body', () => {
    let matched = 0
    fc.assert(
      fc.property(randomUsers, settings, randomContext, randomEvent, (members, with_, context, source) => {
        const [shared, indexed] = [prepareEvent(source), prepareEvent(source)]
        const budget = roomBudget()
        for (const user of members) {
          const { userId, displayName } = user
          const asked = { ...context, userId, displayName }
          const rules = compiledOf(user, with_)
          const expected = evaluate(rules, prepareEvent(source), asked)
          if (expected.rule !== null) matched++
          // Builds the index from the first search on.
          indexed.searched = Number.MAX_SAFE_INTEGER
          assert.equal(evaluate(rules, shared, { ...asked, budget }), expected)
          assert.equal(evaluate(rules, indexed, { ...asked, budget }), expected)
        }
      }),
      { numRuns: runs(150) },
    )
    assert.ok(matched > 150, `only ${matched} rules matched`)
  })
})

describe('a long body', () => {
  const rules = compileRules(ruleset({ content: [userRule('word', ['notify'], { pattern: 'needle' })] }))
  const found = (body: string) => evaluate(rules, message({ body }), CONTEXT).rule !== null

  test('is searched up to 8,192 units and treated as if it ended there', () => {
    const before = 'x '.repeat(MAX_BODY_LENGTH / 2)
    assert.equal(found(`${before.slice(0, -8)}needle and more ${before}`), true)
    assert.equal(found(`${before}needle`), false)
    assert.equal(found(`${before.slice(0, -6)}needles`), true, 'it ends in the middle of a word')
    assert.equal(found(`${before.slice(0, -4)}needle`), false)
  })

  test('is cut between characters and never inside one', () => {
    const smile = compileRules(ruleset({ content: [userRule('smile', ['notify'], { pattern: '\ud83d' })] }))
    const body = `${'x'.repeat(MAX_BODY_LENGTH - 1)}🙂`
    assert.equal(evaluate(smile, message({ body }), CONTEXT).rule, null)
  })
})

describe('an explanation', () => {
  test('reports rules that were not evaluated, and has the outcome of the evaluation', () => {
    const rules = ownRules(
      0,
      content((at) => (at === RULES - 1 ? 'aab' : `${'aab '.repeat(100)}${at}`)),
    )
    const event = message(periods)
    const context = { ...CONTEXT, userId: '@u0:x' }
    const explained = explain({ scopes: [{ scope: 'global', rules }], event, context, settings: using })
    assert.equal(explained.outcome.rule?.ruleId, '.m.rule.message')
    const verdicts = new Map(explained.rules.map(({ ruleId, verdict }) => [ruleId, verdict]))
    assert.equal(verdicts.get('r0'), 'no match')
    assert.equal(verdicts.get(`r${RULES - 1}`), 'not evaluated')
    assert.equal(verdicts.get('.m.rule.message'), 'matched')
  })

  test('has a bounded number of conditions for any number of rules', () => {
    const conditions = Array.from({ length: 50 }, () => ({ kind: 'room_member_count', is: '>1' }))
    const rules = ownRules(
      0,
      override(() => conditions),
    )
    const explained = explain({
      scopes: [{ scope: 'global', rules }],
      event: message({ body: 'hi' }),
      context: { ...CONTEXT, userId: '@u0:x' },
    })
    const count = explained.rules.reduce((sum, one) => sum + one.conditions.length, 0)
    assert.ok(count > 1000 && count <= 3000, `${count} conditions`)
    assert.equal(
      explained.rules.length,
      RULES + rules.override.length - RULES + rules.content.length + rules.underride.length,
    )
  })
})
