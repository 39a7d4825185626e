import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  decideForUser,
  isOfIgnoredSender,
  isRecipient,
  NOTIFY_REASONS,
  type NotifyFact,
  notifyReason,
  type NotifyReason,
  pusherRuleFacts,
} from '../../src/trace/notify-reason.ts'

/** Each fact with its reason, in order of precedence. */
const TABLE: readonly (readonly [NotifyFact, NotifyReason])[] = [
  ['isGone', 'gone'],
  ['isOwn', 'own event'],
  ['isRedacted', 'redacted'],
  ['isNotMember', 'not a member'],
  ['isExpired', 'expired'],
  ['isRead', 'read'],
  ['ignoresSender', 'sender is ignored'],
  ['isSetAfter', 'set after the event'],
  ['isDisabled', 'disabled'],
  ['isNotActivated', 'not activated'],
  ['rulesFailed', 'rules failed'],
  ['noRuleMatched', 'no rule matched'],
  ['isNotForMail', 'not by e-mail'],
  ['isSuppressed', 'suppressed by a device rule'],
  ['isInAppOnly', 'in the app only'],
  ['doesNotNotify', 'does not notify'],
]

describe('the reason against a notification', () => {
  test('the table of this test contains each reason once', () => {
    assert.deepEqual(
      TABLE.map(([, reason]) => reason),
      NOTIFY_REASONS,
    )
  })

  for (const [fact, reason] of TABLE)
    test(`${fact} alone gives "${reason}", and false or unknown gives none`, () => {
      assert.equal(notifyReason({ [fact]: true }), reason)
      assert.equal(notifyReason({ [fact]: false }), undefined)
      assert.equal(notifyReason({ [fact]: undefined }), undefined)
    })

  test('the fact with the higher precedence gives the reason, in any order of the facts', () => {
    for (const [at, [first, reason]] of TABLE.entries())
      for (const [second] of TABLE.slice(at + 1)) {
        assert.equal(notifyReason({ [first]: true, [second]: true }), reason, `${first}, ${second}`)
        assert.equal(notifyReason({ [second]: true, [first]: true }), reason, `${second}, ${first}`)
      }
  })

  test('the facts of the queue precede the facts that delivery must query, so that evaluation in stages gives the same reason', () => {
    const ofQueue = ['isGone', 'isOwn', 'isRedacted', 'isNotMember', 'isExpired']
    assert.deepEqual(
      TABLE.slice(0, ofQueue.length).map(([fact]) => fact),
      ofQueue,
    )
  })
})

describe('the decision for a user', () => {
  const rule = { kind: 'underride', ruleId: '.m.rule.message' }
  const loud = { notify: true, rule }
  const quiet = { notify: false, rule }
  const noRule = { notify: false, rule: null }
  const cases: readonly [string, Parameters<typeof decideForUser>[0], ReturnType<typeof decideForUser>][] = [
    ['an outcome that notifies', { outcome: loud }, { notifies: true, reason: 'notifies', rule }],
    [
      'an outcome that does not notify',
      { outcome: quiet },
      { notifies: false, reason: 'does not notify', rule },
    ],
    [
      'an outcome without a rule',
      { outcome: noRule },
      { notifies: false, reason: 'no rule matched', rule: null },
    ],
    [
      'an ignored sender before an outcome without a rule',
      { outcome: noRule, ignoresSender: true },
      { notifies: false, reason: 'sender is ignored', rule: null },
    ],
    [
      'an own event before an outcome that notifies',
      { outcome: loud, isOwn: true, isNotMember: true },
      { notifies: false, reason: 'own event', rule: null },
    ],
    [
      'no membership before an ignored sender',
      { outcome: loud, isNotMember: true, ignoresSender: true },
      { notifies: false, reason: 'not a member', rule: null },
    ],
    ['rules that failed', { rulesFailed: true }, { notifies: false, reason: 'rules failed', rule: null }],
    [
      'a recorded reason where there is no outcome',
      { recorded: { reason: 'does not notify', rule } },
      { notifies: false, reason: 'does not notify', rule },
    ],
    [
      'a recorded reason without a rule',
      { recorded: { reason: 'no rule matched' } },
      { notifies: false, reason: 'no rule matched', rule: null },
    ],
    [
      'an outcome before a recorded reason',
      { outcome: loud, recorded: { reason: 'does not notify' } },
      { notifies: true, reason: 'notifies', rule },
    ],
    ['no known fact', {}, { notifies: undefined, reason: 'not kept', rule: null }],
  ]
  for (const [title, facts, decision] of cases)
    test(`${title}: ${decision.reason}`, () => assert.deepEqual(decideForUser(facts), decision))

  test('a stored outcome that neither notifies nor has a rule belongs to an ignored sender', () => {
    assert.deepEqual([noRule, quiet, loud, undefined].map(isOfIgnoredSender), [true, false, false, false])
  })

  test('recipients are the joined members and the invited user', () => {
    const memberships = ['join', 'invite', 'leave', 'ban', 'knock', null, undefined]
    const recipients = (isOwnMembership: boolean) =>
      memberships.filter((membership) => isRecipient(membership, { isOwnMembership }))
    assert.deepEqual(recipients(false), ['join'])
    assert.deepEqual(recipients(true), ['join', 'invite'])
  })
})

describe('pusherRuleFacts', () => {
  const pushed = { notify: true, wakes: true }
  const inApp = { notify: true, wakes: false }
  const none = { notify: false, wakes: false }
  const cases = [
    [pushed, pushed, undefined],
    [none, pushed, undefined],
    [inApp, pushed, undefined],
    [pushed, none, 'suppressed by a device rule'],
    [pushed, inApp, 'suppressed by a device rule'],
    [inApp, inApp, 'in the app only'],
    [none, inApp, 'in the app only'],
    [inApp, none, 'does not notify'],
    [none, none, 'does not notify'],
  ] as const
  for (const [counted, here, reason] of cases)
    test(`counted ${JSON.stringify(counted)}, here ${JSON.stringify(here)}: ${reason ?? 'a poke'}`, () => {
      assert.equal(notifyReason(pusherRuleFacts({ counted, here })), reason)
      const mailed = notifyReason(pusherRuleFacts({ counted, here }, { isForMail: false }))
      assert.equal(mailed, reason ?? 'not by e-mail')
    })
})
