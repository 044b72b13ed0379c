printf %s 2403b0b9dac45f586149159363dfccf74749fa0db9ffc4c021fa9f3783943536 > /srv/shop/releases/20261120-131502-abc1234/conf/fingerprint
