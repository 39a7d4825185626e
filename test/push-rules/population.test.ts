import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  analyseRules,
  cohortIn,
  createMoment,
  createPopulation,
  evaluate,
  prepareEvent,
  type RuleOutcome,
  type Population,
  type RuleSettings,
  UNTIL,
} from '../../src/push-rules/index.ts'
import {
  compiledOf,
  randomUsers,
  randomContext,
  randomEvent,
  roomId,
  rulesOf,
  settings,
  type RandomUser,
} from './random-rules.ts'
import { runs } from '../support/property.ts'

const analysisOf = (user: RandomUser, using: RuleSettings) =>
  analyseRules(rulesOf(user, using), {
    userId: user.userId,
    localpart: user.userId.slice(1, -2),
    ...using,
    ...user.owner,
  })

function add(population: Population, user: RandomUser, using: RuleSettings): void {
  const rules = analysisOf(user, using)
  const { userId, displayName } = user
  if (rules.isDefault) population.setDefaultMember(userId, displayName)
  else population.set({ userId, displayName, rules })
}

const plain = (outcome: RuleOutcome | undefined) =>
  outcome && {
    rule: outcome.rule,
    actions: outcome.actions,
    notify: outcome.notify,
    tweaks: { ...outcome.tweaks },
  }

describe('a population', () => {
  it('has for each member the outcome of their own rules', () => {
    const seen = { evaluations: 0, exceptions: 0, cohorts: 0 }
    fc.assert(
      fc.property(
        randomUsers,
        settings,
        randomContext,
        fc.array(randomEvent, { minLength: 4, maxLength: 4 }),
        (members, using, context, events) => {
          const population = createPopulation({ roomId, defaults: using })
          for (const user of members) add(population, user, using)
          for (const source of events) {
            const event = prepareEvent(source)
            const { cohorts, exceptions } = population.evaluate(event, context)
            seen.exceptions += exceptions.length
            seen.cohorts += cohorts.size - 1
            for (const user of members) {
              seen.evaluations++
              const { userId, displayName } = user
              const expected = evaluate(compiledOf(user, using), prepareEvent(source), {
                ...context,
                userId,
                displayName,
              })
              const cohort = population.cohortOf(userId) as string
              const exception = exceptions.find((one) => one.userId === userId)
              assert.deepEqual(plain(exception?.outcome ?? cohorts.get(cohort)), plain(expected), userId)
              if (exception !== undefined) {
                assert.equal(exception.cohort, cohort)
                assert.notDeepEqual(
                  plain(exception.outcome),
                  plain(cohorts.get(cohort)),
                  'an exception differs from its cohort',
                )
              }
            }
          }
        },
      ),
      { numRuns: runs(100) },
    )
    assert.ok(seen.exceptions > seen.evaluations / 50, JSON.stringify(seen))
    assert.ok(seen.cohorts > 100, JSON.stringify(seen))
  })

  it('has the outcome of the first of two rules with the same id', () => {
    const notify = { default: false, enabled: true, actions: ['notify'] as ['notify'] }
    const edited = [{ kind: 'event_match', key: 'content.m\\.relates_to.event_id', pattern: '$1' }]
    const user: RandomUser = {
      userId: '@tea:x',
      displayName: undefined,
      own: {
        override: [
          { ...notify, rule_id: 'b', conditions: edited },
          { ...notify, rule_id: 'b', conditions: [], [UNTIL]: 2 },
        ],
      },
      changes: [],
      owner: { timezone: undefined, taggedRooms: undefined },
    }
    const using = { legacyMentionRules: false }
    const population = createPopulation({ roomId, defaults: using })
    add(population, user, using)
    const event = prepareEvent({
      type: 'm.room.message',
      sender: '@me:x',
      room_id: roomId,
      content: { 'm.relates_to': { event_id: '$1' } },
    })
    const { exceptions } = population.evaluate(event, {
      memberCount: 2,
      moment: createMoment(1, () => undefined),
    })
    assert.deepEqual(
      exceptions.map(({ outcome }) => outcome.rule),
      [{ kind: 'override', ruleId: 'b' }],
    )
  })

  it('drops deleted members, and uses the latest data of each member', () => {
    fc.assert(
      fc.property(
        fc.record({
          before: randomUsers,
          after: randomUsers,
          using: settings,
          context: randomContext,
          events: fc.array(randomEvent, { minLength: 3, maxLength: 3 }),
          stay: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
        }),
        ({ before, after, using, context, events, stay }) => {
          const [changed, fresh] = [
            createPopulation({ roomId, defaults: using }),
            createPopulation({ roomId, defaults: using }),
          ]
          for (const user of before) add(changed, user, using)
          after.forEach((user, at) => {
            if (stay[at] === true) {
              add(changed, user, using)
              add(fresh, user, using)
            } else changed.delete(user.userId)
          })
          assert.equal(changed.size, fresh.size)
          for (const source of events) {
            const [one, other] = [changed, fresh].map((population) =>
              population.evaluate(prepareEvent(source), context),
            )
            assert.deepEqual(one?.cohorts, other?.cohorts)
            const sorted = (list: typeof one) =>
              list?.exceptions.toSorted((a, b) => (a.userId < b.userId ? -1 : 1))
            assert.deepEqual(sorted(one), sorted(other))
          }
        },
      ),
      { numRuns: runs(100) },
    )
  })
})

describe('cohortIn', () => {
  it('is the default cohort for rules with the effect of the default rules in the room', () => {
    fc.assert(
      fc.property(
        randomUsers,
        settings,
        randomContext,
        fc.array(randomEvent, { minLength: 2, maxLength: 2 }),
        (members, using, context, events) => {
          const cohorts = members.map((user) => cohortIn(analysisOf(user, using), roomId))
          const byId = new Map(cohorts.map((cohort) => [cohort.id, cohort]))
          for (const source of events) {
            for (const cohort of cohorts) {
              const [one, other] = [cohort, byId.get(cohort.id) ?? cohort].map(({ rules }) =>
                evaluate(rules, prepareEvent(source), context),
              )
              assert.deepEqual(plain(one), plain(other), 'members of a cohort have the same outcome')
            }
          }
        },
      ),
      { numRuns: runs(100) },
    )
  })
})
