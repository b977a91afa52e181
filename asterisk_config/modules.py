"""Which of Asterisk's modules the dialer needs. All of them exist in Asterisk 16 to 22."""

REQUIRED = (
    "res_pjproject.so",
    "res_pjsip.so",
    "res_pjsip_pubsub.so",
    "res_pjsip_session.so",
    "res_pjsip_sdp_rtp.so",
    "res_pjsip_endpoint_identifier_ip.so",
    "res_rtp_asterisk.so",
    "chan_pjsip.so",
    "pbx_config.so",
    "bridge_simple.so",
    "bridge_holding.so",
    "bridge_softmix.so",
    "app_bridgewait.so",
    "app_bridgeaddchan.so",
    "app_mixmonitor.so",
    "app_playback.so",
    "app_read.so",
    "app_userevent.so",
    "func_logic.so",
    "func_timeout.so",
    "res_agi.so",
)
"""Without one of these a call cannot be served: Asterisk had better not start."""

PHONES = (
    "res_crypto.so",
    "res_sorcery_config.so",
    "res_sorcery_memory.so",
    "res_sorcery_astdb.so",
    "res_timing_timerfd.so",
    "res_pjsip_authenticator_digest.so",
    "res_pjsip_outbound_authenticator_digest.so",
    "res_pjsip_outbound_registration.so",
    "res_pjsip_endpoint_identifier_user.so",
    "res_pjsip_registrar.so",
    "res_pjsip_caller_id.so",
    "res_pjsip_dtmf_info.so",
    "res_pjsip_nat.so",
    "res_pjsip_rfc3326.so",
    "res_pjsip_logger.so",
)
BROWSERS = ("res_http_websocket.so", "res_pjsip_transport_websocket.so", "res_srtp.so")
AUDIO = (
    "codec_alaw.so",
    "codec_ulaw.so",
    "codec_gsm.so",
    "codec_g722.so",
    "codec_resample.so",
    "format_pcm.so",
    "format_gsm.so",
    "format_wav.so",
    "format_sln.so",
    "res_musiconhold.so",
    "res_mutestream.so",
)
DIALPLAN = (
    "bridge_native_rtp.so",
    "bridge_builtin_features.so",
    "bridge_builtin_interval_features.so",
    "app_amd.so",
    "app_chanspy.so",
    "app_dial.so",
    "app_exec.so",
    "app_echo.so",
    "app_senddtmf.so",
    "app_stack.so",
    "app_waitforsilence.so",
    "func_callerid.so",
    "func_channel.so",
    "func_cut.so",
    "func_db.so",
    "func_dialplan.so",
    "func_env.so",
    "func_groupcount.so",
    "func_module.so",
    "func_periodic_hook.so",
    "func_strings.so",
    "func_uri.so",
    "res_speech.so",
    "res_tonedetect.so",
)
"""app_senddtmf has the manager's PlayDTMF; app_mixmonitor stands on func_cut, func_groupcount, func_uri and
func_periodic_hook, and res_agi on res_speech. res_tonedetect (from 16.21 on) hears fax machines and announcements;
func_module tells whether it is there."""

USEFUL = PHONES + BROWSERS + AUDIO + DIALPLAN
