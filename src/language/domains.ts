import { mailMessages, notificationMessages, pageMessages } from './messages.ts'

/** Each domain has a folder of catalogues with this name. The words of a domain are loaded and served by themselves. */
export const DOMAINS = {
  mail: mailMessages,
  notification: notificationMessages,
  pages: pageMessages,
} as const

export type Domain = keyof typeof DOMAINS
