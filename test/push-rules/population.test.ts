import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  analyseRules,
  cohortIn,
  createPopulation,
  evaluate,
  prepareEvent,
  type RuleOutcome,
  type Population,
  type RuleSettings,
} from '../../src/push-rules/index.ts'
import {
  compiledOf,
  people,
  randomContext,
  randomEvent,
  roomId,
  rulesOf,
  settings,
  type RandomPerson,
} from './random-rules.ts'

const analysisOf = (person: RandomPerson, using: RuleSettings) =>
  analyseRules(rulesOf(person, using), {
    userId: person.userId,
    localpart: person.userId.slice(1, -2),
    ...using,
  })

function add(population: Population, person: RandomPerson, using: RuleSettings): void {
  const rules = analysisOf(person, using)
  const { userId, displayName } = person
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
        people,
        settings,
        randomContext,
        fc.array(randomEvent, { minLength: 4, maxLength: 4 }),
        (members, using, context, events) => {
          const population = createPopulation({ roomId, defaults: using })
          for (const person of members) add(population, person, using)
          for (const source of events) {
            const event = prepareEvent(source)
            const { cohorts, exceptions } = population.evaluate(event, context)
            seen.exceptions += exceptions.length
            seen.cohorts += cohorts.size - 1
            for (const person of members) {
              seen.evaluations++
              const { userId, displayName } = person
              const expected = evaluate(compiledOf(person, using), prepareEvent(source), {
                ...context,
                userId,
                displayName,
              })
              const cohort = population.cohortOf(userId) as string
              const exception = exceptions.find((one) => one.userId === userId)
              assert.deepEqual(plain(exception?.outcome ?? cohorts.get(cohort)), plain(expected), userId)
              if (exception !== undefined) {
                assert.equal(exception.cohort, cohort)
                assert.notDeepEqual(plain(exception.outcome), plain(cohorts.get(cohort)), 'no exception')
              }
            }
          }
        },
      ),
      { numRuns: 500 },
    )
    assert.ok(seen.exceptions > seen.evaluations / 50, JSON.stringify(seen))
    assert.ok(seen.cohorts > 500, JSON.stringify(seen))
  })

  it('drops deleted members, and uses the latest data of each member', () => {
    fc.assert(
      fc.property(
        fc.record({
          before: people,
          after: people,
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
          for (const person of before) add(changed, person, using)
          after.forEach((person, at) => {
            if (stay[at] === true) {
              add(changed, person, using)
              add(fresh, person, using)
            } else changed.delete(person.userId)
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
      { numRuns: 500 },
    )
  })
})

describe('cohortIn', () => {
  it('is the default cohort for rules with the effect of the default rules in the room', () => {
    fc.assert(
      fc.property(
        people,
        settings,
        randomContext,
        fc.array(randomEvent, { minLength: 2, maxLength: 2 }),
        (members, using, context, events) => {
          const cohorts = members.map((person) => cohortIn(analysisOf(person, using), roomId))
          const byId = new Map(cohorts.map((cohort) => [cohort.id, cohort]))
          for (const source of events) {
            for (const cohort of cohorts) {
              const [one, other] = [cohort, byId.get(cohort.id) ?? cohort].map(({ rules }) =>
                evaluate(rules, prepareEvent(source), context),
              )
              assert.deepEqual(plain(one), plain(other), 'the same cohort, and another outcome')
            }
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})
