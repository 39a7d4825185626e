import { ENCRYPTED_EVENT } from './default-ids.ts'
import { defaultRule, IN_PAIRS, match, SOUND } from './default-rule.ts'
import type { ConditionalRule, ExperimentalRules, Ruleset } from './model.ts'

/** Default rules of open proposals, each behind its setting. They use the unstable types and ids of the proposals. */

type OverrideAndUnderride = { override: ConditionalRule[]; underride: ConditionalRule[] }
const NONE: OverrideAndUnderride = { override: [], underride: [] }

/**
 * MSC4028: only the user's devices can decrypt an event and evaluate its content. Therefore every encrypted event
 * notifies. `evaluate` describes when it also counts.
 */
export function encryptedEventRules({ encryptedEvents }: ExperimentalRules): ConditionalRule[] {
  if (encryptedEvents !== true) return []
  return [
    defaultRule(
      ENCRYPTED_EVENT,
      [{ kind: 'event_property_is', key: 'type', value: 'm.room.encrypted' }],
      ['notify', { set_tweak: 'org.matrix.msc4062.dont_email' }],
    ),
  ]
}

/** MSC4506: a knock notifies the members who may answer it. */
export function knockRules({ knocks }: ExperimentalRules): ConditionalRule[] {
  if (knocks !== true) return []
  return [
    defaultRule(
      '.org.matrix.msc4506.rule.knock',
      [
        match('type', 'm.room.member'),
        match('content.membership', 'knock'),
        { kind: 'org.matrix.msc4506.recipient_permission', key: 'invite' },
      ],
      ['notify', SOUND],
    ),
  ]
}

/** MSC4306: a reply in a thread notifies the users who have a subscription to it. Mentions and keywords come before. */
export function threadRules({ threadSubscriptions }: ExperimentalRules = {}): Pick<Ruleset, 'postcontent'> {
  if (threadSubscriptions !== true) return {}
  const id = (name: string) => `.io.element.msc4306.rule.${name}`
  const isSubscribed = (subscribed: boolean) => ({
    kind: 'io.element.msc4306.thread_subscription',
    subscribed,
  })
  return {
    postcontent: [
      defaultRule(id('unsubscribed_thread'), [isSubscribed(false)], []),
      defaultRule(id('subscribed_thread'), [isSubscribed(true)], ['notify', SOUND]),
    ],
  }
}

/** MSC3930. */
export function pollRules({ polls }: ExperimentalRules): OverrideAndUnderride {
  if (polls !== true) return NONE
  const id = (name: string) => `.org.matrix.msc3930.rule.${name}`
  const type = (name: string) => match('type', `org.matrix.msc3381.poll.${name}`)
  return {
    override: [defaultRule(id('poll_response'), [type('response')], [])],
    underride: ['start', 'end'].flatMap((name) => [
      defaultRule(id(`poll_${name}_one_to_one`), [IN_PAIRS, type(name)], ['notify', SOUND]),
      defaultRule(id(`poll_${name}`), [type(name)], ['notify']),
    ]),
  }
}

/** MSC4505: the start of a live location notifies; its updates and its end do not. */
export function liveLocationRules({ liveLocation }: ExperimentalRules): OverrideAndUnderride {
  if (liveLocation !== true) return NONE
  const id = (name: string) => `.org.matrix.msc4505.rule.${name}`
  const isLive = { kind: 'event_property_is', key: 'content.live', value: true }
  const type = match('type', 'org.matrix.msc3672.beacon_info')
  return {
    override: [defaultRule(id('beacon'), [match('type', 'org.matrix.msc3672.beacon')], [])],
    underride: [
      defaultRule(id('beacon_info_one_to_one'), [IN_PAIRS, type, isLive], ['notify', SOUND]),
      defaultRule(id('beacon_info'), [type, isLive], ['notify']),
    ],
  }
}
