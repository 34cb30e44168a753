"""What several addresses of the existing frontend's API answer (http-api section 2.2)."""

from typing import Literal

from pydantic import ConfigDict

from pluginhub.web.operations import Answer


class Envelope(Answer):
    """What stands around the answers of verbs."""

    status: Literal["success"] = "success"


class Done(Envelope):
    """That it is done."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"status": "success", "message": "Plugin WeatherPanel registered successfully"}
            ]
        }
    )

    message: str


class Installed(Answer):
    """What is new to the user; ``modules_created`` are ids."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "plugin_slug": "WeatherPanel",
                    "plugin_id": "7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f_WeatherPanel",
                    "modules_created": [
                        "7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f_WeatherPanel_ForecastCard"
                    ],
                    "plugin_directory": None,
                }
            ]
        }
    )

    plugin_slug: str
    plugin_id: str
    modules_created: list[str]
    plugin_directory: None = None


class InstalledAnswer(Done):
    """That a plugin is installed."""

    data: Installed
