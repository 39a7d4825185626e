import { type ComponentChildren, h } from 'preact'
import { get, withQuery } from '../api.ts'
import { namedRooms } from '../named-rooms.ts'
import { Field, Select } from '../parts/field.ts'
import { Findings } from '../parts/finding.ts'
import { Loaded, Notice } from '../parts/loaded.ts'
import { Matrix, type Scope } from '../parts/matrix.ts'
import { OtherRules } from '../parts/other-rules.ts'
import type { AllRules } from '../rule-matrix.ts'
import { place, setQuery } from '../stores/place.ts'
import { session } from '../stores/session.ts'
import type { DoctorReport, PusherList } from '../types.ts'
import { useData } from '../use-data.ts'
import { t } from '../words.ts'

type RulesData = {
  rules: AllRules
  rooms: ReadonlyMap<string, string>
  devices: readonly Scope[]
  diagnosis: DoctorReport
}
const PUSH_RULES = '/_matrix/client/v3/pushrules/'

/** The rules as a table of rooms, people and words by account and device, and what the doctor has found. */
export function RulesScreen(): ComponentChildren {
  const user = session.value.state === 'in' ? session.value.user.user_id : ''
  const data = useData<RulesData>(`${PUSH_RULES} ${user}`, (abort) => loadRules(user, abort))
  const device = place.value.query.get('device') ?? ''
  return h(
    'div',
    { class: 'sections' },
    h('h1', { tabIndex: -1 }, t('rules-title')),
    h('p', { class: 'muted' }, t('rules-about')),
    h(Loaded<RulesData>, {
      from: data,
      children: (loaded) => {
        const { diagnosis, devices, rules, rooms } = loaded
        const shown = devices.filter(({ handle }) => device === '' || handle === device)
        const scopes = [{ handle: '', name: t('rules-account') }, ...shown]
        const parts = { rules, rooms, scopes, reload: data.reload }
        return [
          h(Doctor, { key: 'doctor', diagnosis, reload: data.reload }),
          devices.length > 1 && h(DeviceFilter, { key: 'filter', devices, device }),
          h(Matrix, { key: 'room', subject: 'room', ...parts }),
          h(Matrix, { key: 'sender', subject: 'sender', ...parts }),
          h(Matrix, { key: 'content', subject: 'content', ...parts }),
          h(OtherRules, { key: 'other', rules, devices, reload: data.reload }),
        ]
      },
    }),
  )
}

async function loadRules(user: string, abort: AbortSignal): Promise<RulesData> {
  const [rules, rooms, { pushers }, diagnosis] = await Promise.all([
    get<AllRules>(PUSH_RULES, abort),
    namedRooms(abort),
    get<PusherList>(withQuery('/_belfry/v1/pushers', { user_id: user }), abort),
    get<DoctorReport>('/_belfry/v1/doctor', abort),
  ])
  const names = new Map(Object.keys(rules.device ?? {}).map((handle) => [handle, handle]))
  for (const { instance_handle: handle, device_display_name: name } of pushers)
    if (handle !== null) names.set(handle, name)
  return { rules, rooms, diagnosis, devices: [...names].map(([handle, name]) => ({ handle, name })) }
}

function Doctor({ diagnosis, reload }: { diagnosis: DoctorReport; reload: () => void }): ComponentChildren {
  const { findings, total } = diagnosis
  return h(
    'section',
    { 'aria-labelledby': 'doctor' },
    h('h2', { id: 'doctor' }, t('doctor-title')),
    findings.length === 0
      ? h(Notice, { icon: 'check', title: t('doctor-nothing') })
      : h(Findings, { findings, reload }),
    total > findings.length &&
      h('p', { class: 'muted' }, t('doctor-more', { count: total - findings.length })),
  )
}

function DeviceFilter({ devices, device }: { devices: readonly Scope[]; device: string }): ComponentChildren {
  return h(Field, {
    label: t('rules-device'),
    children: ({ id }) =>
      h(Select<string>, {
        id,
        value: device,
        options: [['', t('try-all-devices')], ...devices.map(({ handle, name }) => [handle, name] as const)],
        onChange: (handle) => setQuery({ device: handle }),
      }),
  })
}
