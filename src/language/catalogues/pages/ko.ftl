invalid-title = 유효하지 않은 링크입니다
invalid-text = 이미 사용했거나, 한 시간이 지났거나, 더 최근 메일로 대체되었습니다. 앱에서 메일을 다시 요청하세요.

confirm-title = 본인의 주소인가요?
confirm-text = 누군가 { $server }의 계정에 { $address } 주소를 추가하려고 합니다.
confirm-hint = 본인이라면 여기에서 주소를 확인한 다음 앱에서 계속하세요. 아니라면 이 페이지를 닫으세요. 아무것도 변경되지 않습니다.
confirm-button = 이 주소 확인
confirmed-title = 확인됨
confirmed-text = { $address } 주소가 확인되었습니다. 앱에서 계속하세요.

end-title = 이메일 알림을 중단할까요?
end-text = { $user }의 알림을 { $address } 주소로 보내고 있습니다.
end-button = 메일 그만 받기
ended-title = 메일을 더 보내지 않습니다
ended-text = 이메일 알림이 꺼졌습니다. 앱 설정에서 다시 켤 수 있습니다.
