import { type ComponentChildren, h } from 'preact'
import { hrefOf } from '../stores/place.ts'
import type { DeviceOfLine, JourneyLine } from '../types.ts'
import { maybe, t } from '../words.ts'
import { DeviceChip } from './delivery.ts'
import { Link } from './link.ts'
import { RuleTitle } from './rule-name.ts'
import { type Column, Table } from './table.ts'
import { When } from './when.ts'

/**
 * Journeys, newest first: the event, the reason of the decision, and the state of each device. `user`: for
 * administrators.
 */
export function JourneyTable({
  lines,
  user,
}: {
  lines: readonly JourneyLine[]
  user?: string
}): ComponentChildren {
  const columns: Column<JourneyLine>[] = [
    { key: 'when', label: t('fact-when'), cell: ({ at }) => h(When, { at }) },
    { key: 'event', label: t('list-event'), cell: (line) => h(EventLink, { line, user }), isName: true },
    { key: 'sender', label: t('fact-sender'), cell: ({ sender }) => h('bdi', null, sender) },
    { key: 'why', label: t('list-why'), cell: (line) => h(Why, { line }) },
    {
      key: 'devices',
      label: t('journey-devices'),
      cell: (line) => h(DeviceChips, { devices: line.devices }),
    },
  ]
  return h(Table<JourneyLine>, {
    caption: t('journeys-title'),
    columns,
    rows: lines,
    keyOf: ({ event_id: id }) => id,
  })
}

function EventLink({ line, user }: { line: JourneyLine; user: string | undefined }): ComponentChildren {
  const type = maybe(`type-${line.type.replaceAll(/\W+/g, '-')}`) ?? line.type
  return [
    h(
      Link,
      {
        href: hrefOf(`/journeys/${encodeURIComponent(line.event_id)}`, { user }),
        isRow: true,
        class: 'row-link',
        key: 'link',
      },
      type,
    ),
    h('div', { class: 'muted', key: 'room' }, h('bdi', null, line.room_name ?? line.room_id)),
  ]
}

function Why({ line }: { line: JourneyLine }): ComponentChildren {
  const { decision, room_id: roomId, room_name: roomName } = line
  const { rule } = decision
  const isOfRoom = rule?.kind === 'room' && rule.rule_id === roomId
  if (rule !== null) return h(RuleTitle, { rule, isShort: true, name: isOfRoom ? roomName : null })
  return maybe(`reason-${decision.reason.replaceAll(/[^a-z]+/g, '-')}`) ?? decision.text
}

/** The state of each device, with the time of the next attempt or the end of a hold. */
function DeviceChips({ devices }: { devices: readonly DeviceOfLine[] }): ComponentChildren {
  if (devices.length === 0) return h('span', { class: 'muted' }, t('list-no-devices'))
  return h(
    'ul',
    { class: 'chips' },
    devices.map((device) =>
      h(
        'li',
        { key: device.pusher_id, title: device.text },
        h(DeviceChip, { device }),
        h('bdi', { class: 'muted' }, device.device_display_name),
        device.next_attempt_at !== null &&
          h('span', { class: 'muted' }, h(When, { at: device.next_attempt_at })),
      ),
    ),
  )
}
