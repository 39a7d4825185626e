import { type ComponentChildren, h } from 'preact'

// Icons of 16 by 16 units, drawn with lines.

const PATHS = {
  bell: 'M8 1.8a4 4 0 0 1 4 4c0 3 .8 4.3 1.6 5.2H2.4C3.2 10.1 4 8.8 4 5.8a4 4 0 0 1 4-4zM6.5 13.4a1.6 1.6 0 0 0 3 0',
  'bell-off':
    'M2 2l12 12M5 3.2A4 4 0 0 1 12 5.8c0 1.2.1 2.1.3 2.9M4 5.8c0 3-.8 4.3-1.6 5.2H11M6.5 13.4a1.6 1.6 0 0 0 3 0',
  check: 'M2.8 8.6l3.4 3.4 7-8',
  cross: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  clock: 'M8 1.8a6.2 6.2 0 1 0 .01 0zM8 4.5V8l2.4 1.6',
  eye: 'M1.2 8S3.7 3.5 8 3.5 14.8 8 14.8 8 12.3 12.5 8 12.5 1.2 8 1.2 8zM8 6.2a1.8 1.8 0 1 0 .01 0z',
  dash: 'M3 8h10',
  warn: 'M8 2l6.5 11.5h-13zM8 6.5v3M8 11.4v.3',
  person: 'M8 7.8a2.8 2.8 0 1 0-.01 0zM2.8 14a5.2 4.2 0 0 1 10.4 0',
  phone: 'M4.5 1.5h7v13h-7zM7 12.3h2',
  list: 'M5.5 4h9M5.5 8h9M5.5 12h9M1.8 4h.4M1.8 8h.4M1.8 12h.4',
  rule: 'M2 4h7M12 4h2M9 2.5v3M2 8h2M7 8h7M5.5 6.5v3M2 12h6M11 12h3M9.5 10.5v3',
  flask: 'M6 1.8h4M6.8 1.8V6L3 13a1 1 0 0 0 .9 1.3h8.2A1 1 0 0 0 13 13L9.2 6V1.8M4.8 9.8h6.4',
  home: 'M2 7.5L8 2.3l6 5.2M3.5 6.5v7.2h9V6.5',
  arrow: 'M3 8h10M9 4l4 4-4 4',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  link: 'M6.5 9.5l3-3M7 4.5l1.5-1.5a2.8 2.8 0 0 1 4 4L11 8.5M5 7.5L3.5 9a2.8 2.8 0 0 0 4 4L9 11.5',
  sun: 'M8 5a3 3 0 1 0 .01 0zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9L13 13M13 3l-1.1 1.1M4.1 11.9L3 13',
  moon: 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z',
  screen: 'M1.5 2.5h13v8.5h-13zM5.5 14h5M8 11v3',
  out: 'M6.5 2.5h-4v11h4M6.5 8h8M11.5 5l3 3-3 3',
  gear: 'M8 5.8a2.2 2.2 0 1 0 .01 0zM8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2M3.4 3.4l1.4 1.4M11.2 11.2l1.4 1.4M12.6 3.4l-1.4 1.4M4.8 11.2l-1.4 1.4',
} as const

export type IconName = keyof typeof PATHS

/** Decoration: the word beside it has the meaning. */
export function Icon({ name }: { name: IconName }): ComponentChildren {
  return h(
    'svg',
    { class: 'icon', viewBox: '0 0 16 16', width: 16, height: 16, 'aria-hidden': 'true', focusable: 'false' },
    h('path', { d: PATHS[name] }),
  )
}
