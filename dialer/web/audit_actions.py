"""What the trail of changes can say was done, by code. Each has its words on the page; a test finds what is missing."""

ACTIONS: tuple[str, ...] = (
    "accounts.tell", "agent.add", "agent.change", "agent.load", "agent.move", "agent.pause", "agent.ready",
    "agent.sign_out", "alarm.seen", "caller_id.rest", "caller_id.wake", "campaign.add", "campaign.archive",
    "campaign.change", "campaign.change_live", "campaign.clone", "campaign.paused", "campaign.plan",
    "campaign.roll_back", "campaign.running", "campaign.schedule", "campaign.stop", "campaign.unarchive",
    "campaign.unschedule", "client.add", "client.change", "detection.judge", "dialling.resume", "dialling.stop",
    "do_not_call.add", "do_not_call.define", "do_not_call.message", "do_not_call.remove", "do_not_call.waive",
    "lead.change", "lead.dial", "lead.export", "list.import", "list.rejected", "list.undo", "message.send",
    "monitor.barge", "monitor.end", "monitor.listen", "monitor.take_over", "monitor.whisper", "quality.calibration",
    "quality.calibration_closed", "quality.draw", "quality.form", "quality.plan", "quality.rule",
    "quality.rule_removed", "quality.uphold", "recordings_exported", "restriction.add", "restriction.lift",
    "session.end", "session.open", "session.refused", "session.revoke", "token.add", "transcript_put", "trunk.reread",
    "trunk.test", "user.add", "user.change", "user.password", "user.totp", "user.totp_reset",
    "vicidial.add_dnc_phone", "vicidial.add_lead", "vicidial.delete_dnc_phone", "vicidial.external_dial",
    "vicidial.external_hangup", "vicidial.external_pause", "vicidial.external_status", "vicidial.update_lead",
    "webhook.add", "webhook.change", "webhook.let_go", "webhook.remove", "webhook.retry",
)  # fmt: skip
