defmodule Basket.MixProject do
  use Mix.Project

  def project, do: [app: :basket, version: "1.0.0", elixir: "~> 1.14"]
  def application, do: [env: [prices: %{apple: 30, bread: 250, cheese: 410}]]
end
