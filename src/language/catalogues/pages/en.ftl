# Pages behind the links in mails.

# A link to validate an address that works no more.
invalid-title = This link is not valid
invalid-text = It was already used, it is older than an hour, or a newer mail replaced it. Request another mail in your app.

# The page that validates an address.
confirm-title = Is this your address?
confirm-text = Someone wants to add { $address } to an account on { $server }.
confirm-hint = If it is you, confirm the address here, then continue in your app. Otherwise close this page; nothing is changed.
confirm-button = Confirm this address
confirmed-title = Confirmed
confirmed-text = { $address } is confirmed. Continue in your app.

# The page that ends mails about unread events. $user: a user id, such as @ada:example.org.
end-title = End e-mail notifications?
end-text = Notifications for { $user } are sent to { $address }.
end-button = Send no more mail
ended-title = No more mail
ended-text = E-mail notifications are off. You can turn them on again in the settings of your app.
