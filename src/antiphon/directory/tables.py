"""Tables of buttons, contacts, ring groups, ring plans, do not disturb and a company's ring settings."""

from __future__ import annotations

import sqlalchemy as sa

from antiphon.database import UtcTime, binary_text, explain, tenant_table

# Stations and accounts live a floor above: their ids are opaque here, and whoever writes has checked that they are the company's.
button_rows = tenant_table(
    "buttons",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("station_id", sa.String(40), nullable=False, index=True),
    sa.Column("name", sa.String(32), nullable=False),
    sa.Column("label", sa.String(120), nullable=False),
    sa.Column("rings_everyone", sa.Boolean, nullable=False),
    sa.Column("priority", sa.String(8), nullable=False),
    sa.UniqueConstraint("station_id", "name"),
)
button_members = tenant_table(
    "button_members",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("button_id", sa.String(40), sa.ForeignKey("buttons.id"), nullable=False, index=True),
    sa.Column("member_kind", sa.String(16), nullable=False),
    sa.Column("member_id", sa.String(40), nullable=False, index=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.UniqueConstraint("button_id", "member_id"),
)
contact_rows = tenant_table(
    "contacts",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("place_id", sa.String(40), sa.ForeignKey("places.id"), nullable=False, index=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("sort_key", binary_text(120), nullable=False),
    sa.Column("company_name", sa.String(120), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Index("ix_contacts_sorted", "company_id", "sort_key", "id"),
)
portrait_rows = tenant_table(
    "contact_portraits",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("contact_id", sa.String(40), sa.ForeignKey("contacts.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("content_hash", sa.String(24), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.UniqueConstraint("contact_id", "kind"),
)
group_rows = tenant_table(
    "ring_groups",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("place_id", sa.String(40), sa.ForeignKey("places.id"), nullable=False, index=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("sort_key", binary_text(120), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Index("ix_ring_groups_sorted", "company_id", "sort_key", "id"),
)
plan_rows = tenant_table(
    "ring_plans",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("owner_kind", sa.String(16), nullable=False),
    sa.Column("owner_id", sa.String(40), nullable=False),
    sa.Column("in_force", sa.Text, nullable=True),
    sa.Column("in_force_at", UtcTime, nullable=True),
    sa.Column("in_force_by", sa.String(120), nullable=True),
    sa.Column("draft", sa.Text, nullable=True),
    sa.Column("draft_at", UtcTime, nullable=True),
    sa.Column("draft_by", sa.String(120), nullable=True),
    sa.Column("before", sa.Text, nullable=True),
    sa.Column("undoable", sa.Boolean, nullable=False),
    sa.Index("ix_ring_plans_owner", "company_id", "owner_id", unique=True),
)
plan_members = tenant_table(
    "ring_plan_members",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("plan_id", sa.String(40), sa.ForeignKey("ring_plans.id"), nullable=False, index=True),
    sa.Column("version", sa.String(8), nullable=False),
    sa.Column("member_kind", sa.String(16), nullable=False),
    sa.Column("member_id", sa.String(40), nullable=False, index=True),
)
quiet_rows = tenant_table(
    "do_not_disturb",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("user_id", sa.String(40), sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("place_id", sa.String(40), sa.ForeignKey("places.id"), nullable=False, index=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("starts_at", UtcTime, nullable=False),
    sa.Column("ends_at", UtcTime, nullable=True),
    sa.Column("times", sa.Text, nullable=True),
    sa.Column("zone", sa.String(64), nullable=False),
    sa.Column("set_by", sa.String(120), nullable=False),
    sa.Column("set_at", UtcTime, nullable=False),
)
settings_rows = tenant_table(
    "ring_settings",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("last_resort", sa.Text, nullable=True),
    sa.Column("alarm_breaks_quiet", sa.Boolean, nullable=False),
    sa.Column("holiday_country", sa.String(2), nullable=True),
    sa.Column("holiday_region", sa.String(8), nullable=True),
)
explain(
    button_rows,
    "Call buttons of stations.",
    name="The button's name at the station: `main`, say.",
    label="What visitors read.",
    rings_everyone="Whether everybody rings who may answer there.",
    priority="alarm, high, normal or low: of its calls.",
)
explain(
    button_members,
    "What a button rings.",
    button_id="Which button.",
    member_kind="user, account, station, group or contact.",
    member_id="Who or what of that kind.",
    position="Their order.",
)
explain(
    contact_rows, "Whom visitors look for: a household, an office.", company_name="The company or office; may be empty."
)
explain(
    portrait_rows,
    "Pictures and company logos of contacts; their files lie in the data folder, two sizes each.",
    contact_id="Whose it is.",
    kind="picture or logo.",
    content_hash="Of the large file (the beginning of its SHA-256): another picture has another one.",
)
explain(group_rows, "Ring groups: who rings is in their ring plans.")
explain(
    plan_rows,
    "Ring plans (record 0026): who rings for a person, ring group or contact.",
    owner_kind="user, group or contact.",
    owner_id="Whose plan it is.",
    in_force="The plan by which calls ring, as JSON; null: none.",
    in_force_at="Since when.",
    in_force_by="Who put it in force, by name as it was then.",
    draft="The plan that is being written, as JSON; null: none.",
    draft_at="When it was written last.",
    draft_by="Who wrote it last, by name as it was then.",
    before="What was in force before, as JSON, for whoever undoes the change; null: nothing was.",
    undoable="Whether there is a change to undo.",
)
explain(
    plan_members,
    "Who is named in ring plans: what is named is not removed.",
    plan_id="In which plan.",
    version="in_force or draft.",
    member_kind="user, account, station, group or contact. Telephone numbers are named in the plan alone.",
    member_id="Who or what of that kind.",
)
explain(
    quiet_rows,
    "Do not disturb: who does not want to be rung, when, for calls from where.",
    user_id="Who.",
    place_id="For calls of stations at this place and below it; the company itself: everywhere.",
    position="Their order.",
    starts_at="From when it holds.",
    ends_at="Until when it holds; null: until it is taken away.",
    times="Weekdays, dates and times of day at which it holds, as JSON; null: all the time.",
    zone="IANA name of the zone that these times are in.",
    set_by="Who asked for it, by name as it was then.",
    set_at="When they did.",
)
explain(
    settings_rows,
    "What a company says about all its ring plans; a company without a row has said nothing yet.",
    id="The company's own id.",
    last_resort="Who rings when a call finds nobody, as JSON; null: nobody.",
    alarm_breaks_quiet="Whether alarms ring people who do not want to be disturbed.",
    holiday_country="ISO 3166-1: whose public holidays hold where a plan names no calendar; null: none.",
    holiday_region="ISO 3166-2 without the country; null or empty: what holds in the whole country.",
)
