defmodule Basket do
  @moduledoc "What a basket costs, in cents."

  def total(lines) do
    prices = Application.fetch_env!(:basket, :prices)
    lines |> Enum.map(&line(&1, prices)) |> Enum.sum() |> tax()
  end

  defp line({article, count}, prices), do: count * price(article, prices)

  defp price(article, prices), do: Map.fetch!(prices, article)

  defp tax(cents), do: div(cents * 119, 100)
end
