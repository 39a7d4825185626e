invalid-title = 此链接无效
invalid-text = 它已被使用、已超过一小时，或已被更新的邮件取代。请在你的应用中重新请求邮件。

confirm-title = 这是你的地址吗？
confirm-text = 有人想将 { $address } 添加到 { $server } 的一个帐户。
confirm-hint = 如果是你本人，请在此确认地址，然后在你的应用中继续。否则请关闭此页面，不会有任何更改。
confirm-button = 确认此地址
confirmed-title = 已确认
confirmed-text = { $address } 已确认。请在你的应用中继续。

end-title = 停止邮件通知？
end-text = { $user } 的通知会发送到 { $address }。
end-button = 不再发送邮件
ended-title = 不会再发送邮件
ended-text = 邮件通知已关闭。你可以在应用的设置中重新开启。
