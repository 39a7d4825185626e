/** The app of every e-mail pusher, and of no other (client-server API, "Push Notifications"). */
export const MAIL_APP_ID = 'm.email'
