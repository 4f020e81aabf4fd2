"""HTTP of places: projects, sites, folders."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from antiphon.tenancy import service, store
from antiphon.tenancy.identity import Body, CurrentAdministrator, CurrentPrincipal, database_of, now_of
from antiphon.tenancy.model import Folder, Language, Project, Site
from antiphon.tenancy.words import Name

router = APIRouter(tags=["places"])


class ProjectView(BaseModel):
    id: str
    name: str = Field(examples=["Altstadt"])


class Projects(BaseModel):
    items: list[ProjectView]


class NewProject(Body):
    name: Name = Field(examples=["Altstadt"])


class SiteView(BaseModel):
    id: str
    name: str = Field(examples=["Rainerstraße 12"])
    project_id: str
    project_name: str
    time_zone: str = Field(examples=["Europe/Vienna"])
    language: Language


class Sites(BaseModel):
    items: list[SiteView]


class NewSite(Body):
    project_id: str = Field(max_length=64)
    name: Name = Field(examples=["Rainerstraße 12"])
    time_zone: str = Field(max_length=64, examples=["Europe/Vienna"])
    language: Language = "en"


class FolderView(BaseModel):
    id: str
    site_id: str
    parent_id: str | None
    name: str = Field(examples=["Stiege 2"])
    path: str


class Folders(BaseModel):
    items: list[FolderView]


class NewFolder(Body):
    name: Name = Field(examples=["Stiege 2"])
    parent_id: str | None = Field(default=None, max_length=64)


def _project_view(project: Project) -> ProjectView:
    return ProjectView(id=project.id, name=project.name)


def _site_view(site: Site) -> SiteView:
    return SiteView(
        id=site.id,
        name=site.name,
        project_id=site.project_id,
        project_name=site.project_name,
        time_zone=site.time_zone,
        language=site.language,
    )


def _folder_view(folder: Folder) -> FolderView:
    return FolderView(
        id=folder.id, site_id=folder.site_id, parent_id=folder.parent_id, name=folder.name, path=folder.path
    )


@router.get("/projects", summary="Projects of the company")
async def list_projects(request: Request, principal: CurrentPrincipal) -> Projects:
    found = await database_of(request).read(lambda tx: store.projects_of(tx, principal.scope))
    return Projects(items=[_project_view(project) for project in found])


@router.post("/projects", summary="Add a project", status_code=201)
async def add_project(body: NewProject, request: Request, principal: CurrentAdministrator) -> ProjectView:
    now = now_of(request)
    made = await database_of(request).run(lambda tx: service.create_project(tx, principal.scope, body.name, now))
    return _project_view(made)


@router.get("/sites", summary="Sites of the company")
async def list_sites(request: Request, principal: CurrentPrincipal) -> Sites:
    found = await database_of(request).read(lambda tx: store.sites_of(tx, principal.scope))
    return Sites(items=[_site_view(site) for site in found])


@router.post("/sites", summary="Add a site", status_code=201)
async def add_site(body: NewSite, request: Request, principal: CurrentAdministrator) -> SiteView:
    now = now_of(request)
    made = await database_of(request).run(
        lambda tx: service.create_site(
            tx, principal.scope, body.project_id, body.name, body.time_zone, body.language, now
        )
    )
    return _site_view(made)


@router.get("/sites/{site_id}/folders", summary="Folders of a site")
async def list_folders(site_id: str, request: Request, principal: CurrentPrincipal) -> Folders:
    found = await database_of(request).read(lambda tx: store.folders_of(tx, principal.scope, site_id))
    return Folders(items=[_folder_view(folder) for folder in found])


@router.post("/sites/{site_id}/folders", summary="Add a folder to a site", status_code=201)
async def add_folder(site_id: str, body: NewFolder, request: Request, principal: CurrentAdministrator) -> FolderView:
    now = now_of(request)
    made = await database_of(request).run(
        lambda tx: service.create_folder(tx, principal.scope, site_id, body.parent_id, body.name, now)
    )
    return _folder_view(made)
