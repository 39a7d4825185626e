// Prints the dashboard for Grafana 10 or later: `npm run deploy:grafana`.

/** `of`: queries with their legends. `unit`: a unit of Grafana. */
type Panel = { title: string; about: string; unit: string; of: Readonly<Record<string, string>> }
type Row = { title: string; panels: readonly Panel[] }

const WIDTH = 8
const HEIGHT = 8
const rate = (metric: string, labels = '') =>
  `sum${labels && ` by (${labels})`} (rate(${metric}[$__rate_interval]))`
const quantile = (q: number, histogram: string, labels = '') =>
  `histogram_quantile(${q}, sum by (le${labels && `, ${labels}`}) (rate(${histogram}_bucket[$__rate_interval])))`

const DELIVERY: Row = {
  title: 'Delivery',
  panels: [
    {
      title: 'Notifications sent',
      about: 'Pokes that gateways accepted, by kind: for an event, for a new badge, to activate a browser.',
      unit: 'ops',
      of: { '{{kind}}': rate('belfry_pokes_sent_total', 'kind') },
    },
    {
      title: 'Not sent',
      about:
        'Failed attempts, which are made again; refusals of gateways; pokes that were no longer needed or wait because their user is active elsewhere.',
      unit: 'ops',
      of: {
        'failed: {{error}}': rate('belfry_poke_failures_total', 'error'),
        'refused: {{kind}}': rate('belfry_pokes_dropped_total', 'kind'),
        'not needed: {{reason}}': rate('belfry_pokes_skipped_total', 'reason'),
        held: rate('belfry_pokes_held_total'),
      },
    },
    {
      title: 'Time of gateways',
      about: 'Duration of a request to a push gateway.',
      unit: 's',
      of: { median: quantile(0.5, 'belfry_poke_seconds'), '95 %': quantile(0.95, 'belfry_poke_seconds') },
    },
    {
      title: 'Pushes that arrive',
      about:
        'Share of the pushes with a known result, of the last hour. Only gateways and apps with several users.',
      unit: 'percentunit',
      of: { '{{app}} {{gateway}}': 'max by (app, gateway) (belfry_arrival_share{window="hour"})' },
    },
    {
      title: 'Alarms',
      about: '1: fewer pushes arrive than usual, or a provider refuses nearly all tokens of an app.',
      unit: 'short',
      of: {
        'arrival: {{app}}': 'max by (app, gateway) (belfry_arrival_alarm)',
        'tokens: {{app}}': 'max by (app) (belfry_gateway_app_alarmed)',
      },
    },
    {
      title: 'Outages and removed pushers',
      about:
        'Circuits that opened because a gateway does not respond, pushers that a gateway rejected, and refused tokens of this server.',
      unit: 'short',
      of: {
        outages: 'sum(increase(belfry_gateway_outages_total[$__rate_interval]))',
        'removed pushers': 'sum(increase(belfry_pushers_rejected_total[$__rate_interval]))',
        'refused tokens: {{reason}}':
          'sum by (reason) (increase(belfry_web_push_token_refusals_total[$__rate_interval]))',
      },
    },
    {
      title: 'Mail',
      about: 'Mails that the mail server accepted or refused, and failed attempts.',
      unit: 'ops',
      of: {
        'sent: {{kind}}': rate('belfry_mails_sent_total', 'kind'),
        'refused: {{kind}}': rate('belfry_mails_refused_total', 'kind'),
        'failed: {{error}}': rate('belfry_mail_failures_total', 'error'),
      },
    },
  ],
}

const GATEWAY: Row = {
  title: 'Push gateway',
  panels: [
    {
      title: 'Outcomes',
      about: 'Notifications of the own gateway by app and outcome.',
      unit: 'ops',
      of: { '{{app}}: {{outcome}}': rate('belfry_gateway_outcomes_total', 'app, outcome') },
    },
    {
      title: 'Responses of providers',
      about: 'By app and HTTP status.',
      unit: 'ops',
      of: { '{{app}}: {{code}}': rate('belfry_gateway_answers_total', 'app, code') },
    },
    {
      title: 'Time of providers',
      about: 'Duration of an attempt, and the wait for a free slot.',
      unit: 's',
      of: {
        'attempt, 95 %: {{type}}': quantile(0.95, 'belfry_gateway_attempt_seconds', 'type'),
        'wait, 95 %: {{type}}': quantile(0.95, 'belfry_gateway_queue_seconds', 'type'),
      },
    },
    {
      title: 'Queue',
      about: 'Notifications that wait for a retry, and providers that are paused.',
      unit: 'short',
      of: {
        queued: 'max(belfry_gateway_queue_size)',
        'paused: {{app}}': 'max by (app) (belfry_gateway_lines_resting)',
        'in flight: {{type}}': 'sum by (type) (belfry_gateway_attempts_in_flight)',
      },
    },
    {
      title: 'Credentials end in',
      about: 'Time until the certificate of an app expires.',
      unit: 's',
      of: { '{{app}}': 'min by (app) (belfry_gateway_credentials_expire_seconds) - time()' },
    },
  ],
}

const REQUESTS: Row = {
  title: 'Requests',
  panels: [
    {
      title: 'Requests',
      about: 'By status. 500 is a bug; 503 means that the server cannot work.',
      unit: 'reqps',
      of: { '{{status}}': rate('belfry_http_request_seconds_count', 'status') },
    },
    {
      title: 'Busiest routes',
      about: 'The ten routes with the most requests.',
      unit: 'reqps',
      of: {
        '{{method}} {{route}}': `topk(10, ${rate('belfry_http_request_seconds_count', 'method, route')})`,
      },
    },
    {
      title: 'Time to send a message',
      about: 'From the headers of the request to the end of its response: the message is durable by then.',
      unit: 's',
      of: {
        median: quantile(0.5, 'belfry_http_request_seconds').replace(
          '_bucket[',
          '_bucket{route=~".*/send/.*"}[',
        ),
        '95 %': quantile(0.95, 'belfry_http_request_seconds').replace(
          '_bucket[',
          '_bucket{route=~".*/send/.*"}[',
        ),
      },
    },
    {
      title: 'In flight',
      about: 'Requests in progress, and those of them that wait for news.',
      unit: 'short',
      of: { 'in flight': 'sum(belfry_http_requests_in_flight)', waiting: 'sum(belfry_sync_waiting)' },
    },
    {
      title: 'Memory of requests',
      about: 'Bytes of bodies, and of responses that clients have not read yet.',
      unit: 'bytes',
      of: {
        bodies: 'sum(belfry_http_body_bytes)',
        'unread responses': 'sum(belfry_http_unread_answer_bytes)',
      },
    },
    {
      title: 'Media and search',
      about: 'Failures of the media store, and positions that the search index lacks.',
      unit: 'short',
      of: {
        'failures: {{operation}}':
          'sum by (operation) (increase(belfry_media_store_failures_total[$__rate_interval]))',
        'lost files': 'sum(increase(belfry_media_lost_blobs_total[$__rate_interval]))',
        'not in the index': 'max(belfry_search_positions_behind)',
      },
    },
  ],
}

const PROCESSES: Row = {
  title: 'Processes',
  panels: [
    {
      title: 'Processor',
      about: 'Cores in use.',
      unit: 'short',
      of: { '{{instance}}': 'rate(process_cpu_seconds_total[$__rate_interval])' },
    },
    {
      title: 'Memory',
      about: 'Resident memory.',
      unit: 'bytes',
      of: { '{{instance}}': 'process_resident_memory_bytes' },
    },
    {
      title: 'Event loop',
      about: 'How late work begins: nine of ten times it is earlier.',
      unit: 's',
      of: { '{{instance}}': 'nodejs_eventloop_lag_p90_seconds' },
    },
    {
      title: 'Live processes',
      about: 'By role, as the processes see it.',
      unit: 'short',
      of: { '{{role}}': 'max by (role) (belfry_cluster_processes)' },
    },
    {
      title: 'Bus',
      about:
        'Processes that each process hears, and how often it looked at the database because messages may have been lost.',
      unit: 'short',
      of: {
        'hears: {{instance}}': 'belfry_bus_peers',
        'looks: {{reason}}': 'sum by (reason) (increase(belfry_bus_looks_total[$__rate_interval]))',
      },
    },
    {
      title: 'Heartbeat',
      about: 'Its age. After 10 s the other processes take over.',
      unit: 's',
      of: { '{{instance}}': 'belfry_cluster_heartbeat_age_seconds' },
    },
  ],
}

const SOURCE = { type: 'prometheus', uid: '${source}' }

function panelOf({ title, about, unit, of }: Panel, at: { x: number; y: number; id: number }) {
  return {
    id: at.id,
    type: 'timeseries',
    title,
    description: about,
    datasource: SOURCE,
    gridPos: { x: at.x, y: at.y, w: WIDTH, h: HEIGHT },
    fieldConfig: {
      defaults: { unit, min: 0, custom: { fillOpacity: 10, showPoints: 'never' } },
      overrides: [],
    },
    options: {
      legend: { displayMode: 'list', placement: 'bottom' },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
    targets: Object.entries(of).map(([legendFormat, expr], index) => ({
      refId: String.fromCodePoint(65 + index),
      datasource: SOURCE,
      expr,
      legendFormat,
    })),
  }
}

/** The panels of all rows in Grafana's grid of 24 columns. */
function panels(rows: readonly Row[]): object[] {
  let [y, id] = [0, 1]
  return rows.flatMap((row) => {
    const header = {
      id: id++,
      type: 'row',
      title: row.title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y: y++, w: 24, h: 1 },
    }
    const perLine = 24 / WIDTH
    const placed = row.panels.map((panel, at) =>
      panelOf(panel, { x: (at % perLine) * WIDTH, y: y + Math.floor(at / perLine) * HEIGHT, id: id++ }),
    )
    y += Math.ceil(row.panels.length / perLine) * HEIGHT
    return [header, ...placed]
  })
}

export function dashboard(): object {
  return {
    uid: 'belfry',
    title: 'Belfry',
    description: 'Notifications, requests and processes of a Belfry server.',
    tags: ['belfry', 'matrix'],
    schemaVersion: 38,
    version: 1,
    editable: true,
    refresh: '1m',
    time: { from: 'now-6h', to: 'now' },
    timezone: 'browser',
    templating: { list: [{ name: 'source', label: 'Source', type: 'datasource', query: 'prometheus' }] },
    panels: panels([DELIVERY, REQUESTS, GATEWAY, PROCESSES]),
  }
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(dashboard(), undefined, 2)}\n`)
