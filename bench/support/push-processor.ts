import type { MatrixClient } from 'matrix-js-sdk'
import { MatrixEvent } from 'matrix-js-sdk/lib/models/event.js'
import { RoomState } from 'matrix-js-sdk/lib/models/room-state.js'
import { PushProcessor } from 'matrix-js-sdk/lib/pushprocessor.js'
import type { Ruleset } from '../../src/push-rules/index.ts'
import type { Message, Person } from './rule-population.ts'

/** The evaluator of matrix-js-sdk for one user, in a room whose state contains only the given people. */
export type Processor = { evaluate(event: MatrixEvent): { notify: boolean; rule: string | null } }

export function roomStateOf(roomId: string, people: readonly Person[], joined: number): RoomState {
  const state = new RoomState(roomId)
  const stateEvent = (type: string, stateKey: string, content: object) =>
    new MatrixEvent({
      type,
      state_key: stateKey,
      content: { ...content },
      room_id: roomId,
      sender: stateKey,
      event_id: `$${type}${stateKey}`,
    })
  state.setStateEvents([
    stateEvent('m.room.create', '', { room_version: '10' }),
    stateEvent('m.room.power_levels', '', { users_default: 0 }),
    ...people.map(({ userId, displayName }) =>
      stateEvent('m.room.member', userId, { membership: 'join', displayname: displayName }),
    ),
  ])
  state.setJoinedMemberCount(joined)
  return state
}

export function processorOf(userId: string, rules: Ruleset, state: RoomState): Processor {
  const client = {
    credentials: { userId },
    getSafeUserId: () => userId,
    getUserId: () => userId,
    supportsIntentionalMentions: () => true,
    // matrix-js-sdk adds missing actions to the rules, so it gets a copy.
    pushRules: { global: structuredClone(rules) },
    getRoom: () => ({ currentState: state }),
  }
  const processor = new PushProcessor(client as unknown as MatrixClient)
  return {
    evaluate(event) {
      const { actions, rule } = processor.actionsAndRuleForEvent(event)
      return {
        notify: actions?.notify ?? false,
        rule: rule === undefined ? null : `${rule.kind} ${rule.rule_id}`,
      }
    },
  }
}

/** matrix-js-sdk reads the sender from `user_id` for events of this kind. */
export function eventFor(message: Message): MatrixEvent {
  return new MatrixEvent({ ...structuredClone(message), user_id: message.sender } as object)
}
